import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.javarosa.core.model.FormDef;
import org.javarosa.core.model.condition.EvaluationContext;
import org.javarosa.core.model.condition.IFunctionHandler;
import org.javarosa.core.model.data.IAnswerData;
import org.javarosa.core.model.instance.InstanceInitializationFactory;
import org.javarosa.core.model.instance.TreeElement;
import org.javarosa.core.model.instance.TreeReference;
import org.javarosa.core.reference.ReferenceManager;
import org.javarosa.core.services.PrototypeManager;
import org.javarosa.core.util.JavaRosaCoreModule;
import org.javarosa.model.xform.XFormsModule;
import org.javarosa.xform.parse.XFormParser;
import org.javarosa.xform.util.XFormUtils;
import org.javarosa.xform.util.XFormAnswerDataSerializer;

/**
 * Judges records by JavaRosa, the engine of ODK Collect.
 *
 * Arguments: the form, the folder of its media, then records. Writes a line for each leaf of each record, tab-separated:
 * record, path with row numbers, relevant, required, constraint satisfied, value after recalculation.
 */
public class ReferenceJudge {
    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        new JavaRosaCoreModule().registerModule();
        new XFormsModule().registerModule();
        Map<String, List<String[]>> tables = readTables(Path.of(arguments[1]));
        org.javarosa.core.reference.ReferenceFactory media = new Media(arguments[1]);
        ReferenceManager.instance().addReferenceFactory(media);
        String form = Files.readString(Path.of(arguments[0]));
        for (int index = 2; index < arguments.length; index++) {
            try {
                FormDef definition = load(form, tables, Files.readAllBytes(Path.of(arguments[index])));
                walk(index - 2, definition, definition.getInstance().getRoot(), "", true, out);
            } catch (RuntimeException error) {
                out.println((index - 2) + "\tERROR\t" + String.valueOf(error.getMessage()).replaceAll("\\s+", " "));
            }
        }
        out.flush();
    }

    static FormDef load(String form, Map<String, List<String[]>> tables, byte[] record) throws Exception {
        FormDef definition = XFormUtils.getFormFromInputStream(new ByteArrayInputStream(form.getBytes(StandardCharsets.UTF_8)));
        definition.getEvaluationContext().addFunctionHandler(new PullData(tables));
        TreeElement saved = XFormParser.restoreDataModel(record, null).getRoot();
        TreeElement template = definition.getInstance().getRoot().deepCopy(true);
        template.populate(saved, definition);
        definition.getInstance().setRoot(template);
        definition.initialize(false, new InstanceInitializationFactory());
        return definition;
    }

    static void walk(int record, FormDef definition, TreeElement element, String path, boolean root, PrintStream out) {
        if (element.getMult() == TreeReference.INDEX_TEMPLATE) {
            return;
        }
        String here = path + "/" + element.getName() + (element.isRepeatable() ? "[" + (element.getMult() + 1) + "]" : "");
        if (!element.isLeaf()) {
            for (int index = 0; index < element.getNumChildren(); index++) {
                walk(record, definition, element.getChildAt(index), here, false, out);
            }
            return;
        }
        IAnswerData value = element.getValue();
        Object text = value == null ? "" : new XFormAnswerDataSerializer().serializeAnswerData(value, element.getDataType());
        String constraint = "";
        if (value != null && element.isRelevant()) {
            try {
                constraint = String.valueOf(definition.evaluateConstraint(element.getRef(), value));
            } catch (RuntimeException error) {
                constraint = "error";
            }
        }
        out.println(record + "\t" + here + "\t" + element.isRelevant() + "\t" + element.isRequired() + "\t" + constraint + "\t"
            + String.valueOf(text).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t"));
    }

    static Map<String, List<String[]>> readTables(Path folder) throws Exception {
        Map<String, List<String[]>> tables = new HashMap<>();
        File[] files = folder.toFile().listFiles((directory, name) -> name.endsWith(".csv"));
        for (File file : files == null ? new File[0] : files) {
            List<String[]> rows = new java.util.ArrayList<>();
            for (String line : Files.readAllLines(file.toPath())) {
                rows.add(line.split(",", -1));
            }
            tables.put(file.getName().replace(".csv", ""), rows);
        }
        return tables;
    }

    /** pulldata() comes with ODK Collect, not with JavaRosa: the first row whose key column has the key. */
    static class PullData implements IFunctionHandler {
        final Map<String, List<String[]>> tables;

        PullData(Map<String, List<String[]>> tables) {
            this.tables = tables;
        }

        public String getName() {
            return "pulldata";
        }

        public List<Class[]> getPrototypes() {
            return Collections.singletonList(new Class[] {String.class, String.class, String.class, String.class});
        }

        public boolean rawArgs() {
            return true;
        }

        public boolean realTime() {
            return false;
        }

        public Object eval(Object[] arguments, EvaluationContext context) {
            List<String[]> rows = tables.get(arguments[0]);
            if (rows == null) {
                return "";
            }
            List<String> header = List.of(rows.get(0));
            int column = header.indexOf(arguments[1]);
            int key = header.indexOf(arguments[2]);
            for (String[] row : rows.subList(1, rows.size())) {
                if (row[key].equals(arguments[3])) {
                    return row[column];
                }
            }
            return "";
        }
    }

    static class Media extends org.javarosa.core.reference.PrefixedRootFactory {
        final String folder;

        Media(String folder) {
            super(new String[] {"file/", "file-csv/", "images/", "audio/", "video/"});
            this.folder = folder;
        }

        protected org.javarosa.core.reference.Reference factory(String terminal, String uri) {
            return new Local(folder + "/" + terminal, uri);
        }
    }

    static class Local implements org.javarosa.core.reference.Reference {
        final String path;
        final String uri;

        Local(String path, String uri) {
            this.path = path;
            this.uri = uri;
        }

        public boolean doesBinaryExist() {
            return new File(path).exists();
        }

        public java.io.InputStream getStream() throws java.io.IOException {
            return new java.io.FileInputStream(path);
        }

        public String getURI() {
            return uri;
        }

        public String getLocalURI() {
            return path;
        }

        public boolean isReadOnly() {
            return true;
        }

        public java.io.OutputStream getOutputStream() {
            return null;
        }

        public void remove() {
        }

        public org.javarosa.core.reference.Reference[] probeAlternativeReferences() {
            return new org.javarosa.core.reference.Reference[0];
        }
    }
}
