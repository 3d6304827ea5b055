// Shows steps with their progress and times: one line that changes on a terminal, plain lines elsewhere.

export function stepPrinter(output = process.stderr) {
  const live = output.isTTY === true;
  return async function step(name, work) {
    const began = performance.now();
    const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
    let detail = '';
    const draw = () => output.write(`\r\x1b[K… ${name}  ${seconds()}  ${detail}`);
    const timer = live ? setInterval(draw, 200) : null;
    if (live) draw();
    else output.write(`... ${name}\n`);
    const end = (mark, text) => {
      if (timer) clearInterval(timer);
      output.write(
        `${live ? '\r\x1b[K' : ''}${mark} ${name}  ${seconds()}${text ? `  ${text}` : ''}\n`,
      );
    };
    try {
      const result = await work((text) => (detail = text));
      end(live ? '✔' : 'ok ', typeof result === 'string' ? result : '');
      return result;
    } catch (error) {
      end(live ? '✖' : 'BAD', '');
      throw error;
    }
  };
}
