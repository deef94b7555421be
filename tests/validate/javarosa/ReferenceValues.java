import java.io.ByteArrayInputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.javarosa.core.model.FormDef;
import org.javarosa.core.model.data.IAnswerData;
import org.javarosa.core.model.instance.InstanceInitializationFactory;
import org.javarosa.core.model.instance.TreeElement;
import org.javarosa.core.util.JavaRosaCoreModule;
import org.javarosa.model.xform.XFormsModule;
import org.javarosa.xform.parse.XFormParser;
import org.javarosa.xform.util.XFormAnswerDataSerializer;
import org.javarosa.xform.util.XFormUtils;

/**
 * What JavaRosa computes for the question `c` of each form.
 *
 * Arguments: a record, a form with PLACE where the expression stands, a file with one expression (XML-escaped) a line. Writes the
 * value for each line, or ERROR.
 */
public class ReferenceValues {
    public static void main(String[] arguments) throws Exception {
        new JavaRosaCoreModule().registerModule();
        new XFormsModule().registerModule();
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        byte[] record = Files.readAllBytes(Path.of(arguments[0]));
        String form = Files.readString(Path.of(arguments[1]));
        for (String expression : Files.readAllLines(Path.of(arguments[2]))) {
            try {
                out.println(evaluate(form.replace("PLACE", expression), record));
            } catch (RuntimeException error) {
                out.println("ERROR");
            }
        }
        out.flush();
    }

    static Object evaluate(String form, byte[] record) throws Exception {
        FormDef definition = XFormUtils.getFormFromInputStream(new ByteArrayInputStream(form.getBytes(StandardCharsets.UTF_8)));
        TreeElement saved = XFormParser.restoreDataModel(record, null).getRoot();
        TreeElement template = definition.getInstance().getRoot().deepCopy(true);
        template.populate(saved, definition);
        definition.getInstance().setRoot(template);
        definition.initialize(false, new InstanceInitializationFactory());
        TreeElement question = definition.getInstance().getRoot().getChild("c", 0);
        IAnswerData value = question.getValue();
        return value == null ? "" : new XFormAnswerDataSerializer().serializeAnswerData(value, question.getDataType());
    }
}
