import com.intellij.openapi.util.Disposer;
import com.intellij.psi.*;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import java.util.stream.*;
import org.jetbrains.kotlin.cli.common.messages.MessageCollector;
import org.jetbrains.kotlin.cli.jvm.compiler.*;
import org.jetbrains.kotlin.config.*;
import org.jetbrains.kotlin.idea.KotlinLanguage;
import org.jetbrains.kotlin.lexer.KtTokens;
import org.jetbrains.kotlin.psi.*;

/**
 * Every definition in the Kotlin files below a folder, by Kotlin's own parser, a line of tab-separated values each:
 * `path name kind`, and `path` alone for a file that was read. An extension is a member of the type it extends; a
 * property with accessors or a delegate is a property, another one a field; locals are left out.
 */
public class KotlinOracle {
    static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);

    public static void main(String[] arguments) throws Exception {
        Path root = Path.of(arguments[0]).toRealPath();
        CompilerConfiguration settings = new CompilerConfiguration();
        settings.put(CommonConfigurationKeys.MESSAGE_COLLECTOR_KEY, MessageCollector.Companion.getNONE());
        var project = KotlinCoreEnvironment.createForProduction(
                Disposer.newDisposable(), settings, EnvironmentConfigFiles.JVM_CONFIG_FILES).getProject();
        List<Path> paths;
        try (Stream<Path> all = Files.walk(root)) {
            paths = all.filter(each -> each.toString().endsWith(".kt")).sorted().collect(Collectors.toList());
        }
        for (Path path : paths) {
            String text = Files.readString(path).replace("\r\n", "\n");
            var file = PsiFileFactory.getInstance(project).createFileFromText("a.kt", KotlinLanguage.INSTANCE, text);
            String name = root.relativize(path).toString();
            OUT.println(name);
            visit(file, name, "", "top");
        }
        OUT.flush();
    }

    static String within(String scope, String name) {
        return scope.isEmpty() ? name : scope + "." + name;
    }

    static void say(String path, String scope, String name, String kind) {
        if (name != null) {
            OUT.println(path + "\t" + within(scope, name) + "\t" + kind);
        }
    }

    static String receiver(KtTypeReference type) {
        if (type == null || type.getTypeElement() == null) {
            return "";
        }
        KtTypeElement element = type.getTypeElement();
        while (element instanceof KtNullableType nullable) {
            element = nullable.getInnerType();
        }
        return element instanceof KtUserType user && user.getReferencedName() != null ? user.getReferencedName() : "";
    }

    /** `place`: what the node stands in: `top`, `type` or `code`. */
    static void visit(PsiElement node, String path, String scope, String place) {
        if (node instanceof KtEnumEntry entry) {
            say(path, scope, entry.getName(), "enum_member");
            inside(node, path, within(scope, entry.getName()), "type");
        } else if (node instanceof KtClassOrObject type) {
            if (type instanceof KtObjectDeclaration object && object.isObjectLiteral()) {
                inside(node, path, scope, "type");
                return;
            }
            boolean companion = type instanceof KtObjectDeclaration object && object.isCompanion();
            boolean named = type.getNameIdentifier() != null && !(companion && type.getSuperTypeList() == null);
            if (named) {
                String kind = type instanceof KtClass klass && klass.isInterface() ? "interface"
                        : type instanceof KtClass klass && klass.isEnum() ? "enum" : "class";
                say(path, scope, type.getName(), kind);
            }
            String inner = named ? within(scope, type.getName()) : scope;
            for (KtParameter parameter : type.getPrimaryConstructorParameters()) {
                if (parameter.hasValOrVar()) {
                    say(path, inner, parameter.getName(), "field");
                }
            }
            inside(node, path, inner, "type");
        } else if (node instanceof KtNamedFunction function) {
            String owner = receiver(function.getReceiverTypeReference());
            String around = owner.isEmpty() ? scope : within(scope, owner);
            say(path, around, function.getName(), place.equals("type") || !owner.isEmpty() ? "method" : "function");
            inside(node, path, function.getName() == null ? scope : within(around, function.getName()), "code");
        } else if (node instanceof KtSecondaryConstructor) {
            say(path, scope, "constructor", "constructor");
            inside(node, path, within(scope, "constructor"), "code");
        } else if (node instanceof KtTypeAlias alias) {
            say(path, scope, alias.getName(), "type_alias");
        } else if (node instanceof KtProperty property && !place.equals("code")) {
            String owner = receiver(property.getReceiverTypeReference());
            boolean accessors = property.getGetter() != null || property.getSetter() != null || property.hasDelegate();
            String kind = property.hasModifier(KtTokens.CONST_KEYWORD) ? "constant"
                    : !owner.isEmpty() || (place.equals("type") && accessors) ? "property"
                    : place.equals("type") ? "field" : "variable";
            String around = owner.isEmpty() ? scope : within(scope, owner);
            say(path, around, property.getName(), kind);
            inside(node, path, kind.equals("property") ? within(around, property.getName()) : scope, "code");
        } else {
            inside(node, path, scope, node instanceof KtBlockExpression || node instanceof KtLambdaExpression ? "code" : place);
        }
    }

    static void inside(PsiElement node, String path, String scope, String place) {
        for (PsiElement child : node.getChildren()) {
            visit(child, path, scope, place);
        }
    }
}
