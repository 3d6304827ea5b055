// The register in memory keeps to what every register does.
import { registerConformance } from './register.conformance.ts';
import { registerMemory } from './register-memory.ts';

registerConformance('memory', async () => {
  const register = registerMemory({ now: Date.now });
  return { register, enter: register.enter, behave: register.behave };
});
