import com.sun.source.tree.*;
import com.sun.source.util.*;
import com.sun.tools.javac.code.Symbol;
import com.sun.tools.javac.tree.JCTree;
import com.sun.tools.javac.tree.TreeInfo;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import java.util.stream.*;
import javax.lang.model.element.*;
import javax.tools.*;

/**
 * What javac understands of the Java files below a folder, a line of tab-separated values each: `symbol path line kind
 * qualified.name` and `call path line caller path line callee`. Code that runs outside of methods is its class's, and
 * the call of a constructor that nobody wrote is a call of its class. Names that are not there are left out: missing
 * libraries are no obstacle.
 *
 * <p>Run by the source launcher, with `--add-exports` for javac's own trees, which alone tell what was written from what
 * the compiler added.
 */
public class JavaOracle {
    public static void main(String[] arguments) throws Exception {
        Path root = Path.of(arguments[0]).toRealPath();
        List<Path> paths;
        try (Stream<Path> all = Files.walk(root)) {
            paths = all.filter(p -> p.toString().endsWith(".java")).filter(p -> !p.endsWith("module-info.java"))
                    .sorted().collect(Collectors.toList());
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StandardJavaFileManager files = compiler.getStandardFileManager(d -> {}, null, StandardCharsets.UTF_8);
        List<String> options = List.of("-proc:none", "-XDshould-stop.ifError=FLOW", "-Xlint:none", "-implicit:none");
        JavacTask task = (JavacTask) compiler.getTask(
                new PrintWriter(Writer.nullWriter()), files, d -> {}, options, null, files.getJavaFileObjectsFromPaths(paths));
        List<CompilationUnitTree> units = new ArrayList<>();
        task.parse().forEach(units::add);
        task.analyze();
        Trees trees = Trees.instance(task);
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, "UTF-8");
        for (CompilationUnitTree unit : units) {
            new Reader(root, trees, unit, out).scan(unit, null);
        }
        out.flush();
    }

    /** Walks one file; `names` are the definitions around the place it is at, `callers` the code that runs there. */
    static class Reader extends TreePathScanner<Void, Void> {
        private final Path root;
        private final Trees trees;
        private final CompilationUnitTree unit;
        private final PrintStream out;
        private final Deque<String> names = new ArrayDeque<>();
        private final Deque<String> callers = new ArrayDeque<>();

        Reader(Path root, Trees trees, CompilationUnitTree unit, PrintStream out) {
            this.root = root;
            this.trees = trees;
            this.unit = unit;
            this.out = out;
        }

        private String place(CompilationUnitTree file, Tree tree, String name) {
            Path path = Path.of(file.getSourceFile().toUri());
            long start = trees.getSourcePositions().getStartPosition(file, tree);
            long line = start < 0 ? 0 : file.getLineMap().getLineNumber(start);
            return root.relativize(path) + "\t" + line + "\t" + name;
        }

        private boolean written(CompilationUnitTree file, Tree tree) {
            return trees.getSourcePositions().getEndPosition(file, tree) >= 0;
        }

        private void symbol(Tree tree, String kind, String name) {
            String scope = String.join(".", names);
            String qualified = scope.isEmpty() ? name : scope + "." + name;
            String[] parts = place(unit, tree, name).split("\t");
            out.println("symbol\t" + parts[0] + "\t" + parts[1] + "\t" + kind + "\t" + qualified);
        }

        private void within(String name, Runnable inside) {
            if (!name.isEmpty()) {
                names.addLast(name);
            }
            inside.run();
            if (!name.isEmpty()) {
                names.removeLast();
            }
        }

        @Override
        public Void visitClass(ClassTree tree, Void nothing) {
            String name = tree.getSimpleName().toString();
            if (name.isEmpty()) {
                return super.visitClass(tree, nothing);
            }
            Map<Tree.Kind, String> kinds = Map.of(
                    Tree.Kind.INTERFACE, "interface", Tree.Kind.ANNOTATION_TYPE, "interface", Tree.Kind.ENUM, "enum");
            symbol(tree, kinds.getOrDefault(tree.getKind(), "class"), name);
            callers.push(place(unit, tree, name));
            within(name, () -> super.visitClass(tree, nothing));
            callers.pop();
            return null;
        }

        @Override
        public Void visitMethod(MethodTree tree, Void nothing) {
            Symbol.MethodSymbol method = ((JCTree.JCMethodDecl) tree).sym;
            boolean made = method != null && (method.flags() & com.sun.tools.javac.code.Flags.GENERATEDCONSTR) != 0;
            boolean record = method != null && method.isConstructor() && method.owner.getKind() == ElementKind.RECORD
                    && !written(unit, tree.getBody());
            if (made || record || !written(unit, tree)) {
                // An anonymous class's own constructor holds the call of its superclass's.
                boolean anonymous = made && method.owner.name.isEmpty();
                return anonymous ? super.visitMethod(tree, nothing) : null;
            }
            boolean constructor = tree.getName().contentEquals("<init>");
            String name = constructor ? method == null ? "?" : method.owner.name.toString() : tree.getName().toString();
            symbol(tree, constructor ? "constructor" : "method", name);
            callers.push(place(unit, tree, name));
            within(name, () -> super.visitMethod(tree, nothing));
            callers.pop();
            return null;
        }

        @Override
        public Void visitVariable(VariableTree tree, Void nothing) {
            Symbol variable = ((JCTree.JCVariableDecl) tree).sym;
            if (variable == null || !(variable.owner instanceof Symbol.ClassSymbol)) {
                return super.visitVariable(tree, nothing);
            }
            String kind = variable.getKind() == ElementKind.ENUM_CONSTANT ? "enum_member"
                    : variable.isStatic() && (variable.flags() & com.sun.tools.javac.code.Flags.FINAL) != 0 ? "constant"
                    : "field";
            symbol(tree, kind, tree.getName().toString());
            within(tree.getName().toString(), () -> super.visitVariable(tree, nothing));
            return null;
        }

        @Override
        public Void visitMethodInvocation(MethodInvocationTree tree, Void nothing) {
            if (written(unit, tree) || insideAnonymous()) {
                call(TreeInfo.symbol((JCTree) tree.getMethodSelect()));
            }
            return super.visitMethodInvocation(tree, nothing);
        }

        private boolean insideAnonymous() {
            for (TreePath path = getCurrentPath(); path != null; path = path.getParentPath()) {
                if (path.getLeaf() instanceof MethodTree method) {
                    Symbol symbol = ((JCTree.JCMethodDecl) method).sym;
                    return symbol != null && symbol.isConstructor() && symbol.owner.name.isEmpty();
                }
            }
            return false;
        }

        @Override
        public Void visitNewClass(NewClassTree tree, Void nothing) {
            if (tree.getClassBody() == null) {
                call(((JCTree.JCNewClass) tree).constructor);
            }
            return super.visitNewClass(tree, nothing);
        }

        private void call(Symbol target) {
            if (!(target instanceof Symbol.MethodSymbol method) || callers.isEmpty()) {
                return;
            }
            TreePath path = trees.getPath(target);
            if (path != null && path.getLeaf() instanceof MethodTree tree && written(path.getCompilationUnit(), tree)
                    && (method.flags() & com.sun.tools.javac.code.Flags.GENERATEDCONSTR) == 0) {
                String name = method.isConstructor() ? method.owner.name.toString() : method.name.toString();
                if (!name.isEmpty()) {
                    out.println("call\t" + callers.peek() + "\t" + place(path.getCompilationUnit(), tree, name));
                }
            } else if (method.isConstructor() && method.owner.getKind() != ElementKind.ENUM) {
                TreePath owner = trees.getPath(method.owner);
                if (owner != null && !method.owner.name.isEmpty()) {
                    out.println("call\t" + callers.peek() + "\t"
                            + place(owner.getCompilationUnit(), owner.getLeaf(), method.owner.name.toString()));
                }
            }
        }
    }
}
