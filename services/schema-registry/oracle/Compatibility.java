// Java's Avro on whether a reader's schema reads what a writer's wrote: one answer for each question.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;

/** Lines in: `schema <json>`, numbered from 0, and `ask <reader> <writer>` by these numbers. */
public class Compatibility {
  public static void main(String[] args) throws Exception {
    List<Schema> schemas = new ArrayList<>();
    StringBuilder answers = new StringBuilder();
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.startsWith("schema ")) {
        schemas.add(new Schema.Parser().parse(line.substring("schema ".length())));
        continue;
      }
      String[] words = line.split(" ");
      Schema reader = schemas.get(Integer.parseInt(words[1]));
      Schema writer = schemas.get(Integer.parseInt(words[2]));
      var found = SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getType();
      answers.append(found == SchemaCompatibilityType.COMPATIBLE).append('\n');
    }
    System.out.print(answers);
  }
}
