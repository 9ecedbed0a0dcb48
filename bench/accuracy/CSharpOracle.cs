// Roslyn asked for every definition and call of the C# files below a folder. `csharp.py` compiles and runs it.
//
// Prints tab-separated lines; a place is `path TAB qualified name`, as Doctown names symbols:
//   symbol    place kind line
//   file      path
//   call      caller callee id written as a call or as `new`; the id is one for all parts of a type
//   neutral   caller callee    true, and nobody wrote it as a call: accessors, operators, `foreach`, `using`, LINQ
//   open      caller name      a call that is no truth, because a library is missing: nobody knows what it means
//   off       path first last  lines that this build leaves out (`#if`)
//   cast      caller           a caller that was seen
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

public static class CSharpOracle
{
    const string Module = "<module>";
    static string root;
    static readonly HashSet<string> lines = new HashSet<string>();

    public static string Run(string folder, string defined, string libraries)
    {
        root = Path.GetFullPath(folder).TrimEnd('/') + "/";
        var options = new CSharpParseOptions(
            LanguageVersion.Preview, DocumentationMode.None,
            preprocessorSymbols: defined.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var trees = Directory.GetFiles(root, "*.cs", SearchOption.AllDirectories).OrderBy(each => each)
            .Select(each => CSharpSyntaxTree.ParseText(File.ReadAllText(each), options, each)).ToList();
        var references = libraries.Split(':').SelectMany(each => Directory.GetFiles(each, "*.dll"))
            .Where(IsManaged).Select(each => MetadataReference.CreateFromFile(each));
        var compilation = CSharpCompilation.Create(
            "project", trees, references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        foreach (var tree in trees)
            new Reader(compilation.GetSemanticModel(tree)).Read();
        return string.Join("\n", lines.OrderBy(each => each, StringComparer.Ordinal));
    }

    static bool IsManaged(string path)
    {
        try { System.Reflection.AssemblyName.GetAssemblyName(path); return true; }
        catch (BadImageFormatException) { return false; }
    }

    static void Say(params object[] cells) => lines.Add(string.Join("\t", cells));

    static string PathOf(SyntaxNode node) => node.SyntaxTree.FilePath.Substring(root.Length);

    static int LineOf(SyntaxToken token) => token.GetLocation().GetLineSpan().StartLinePosition.Line + 1;

    // What a declaration declares: (kind, name token, name). Null for what is no symbol.
    static (string Kind, SyntaxToken At, string Name)? Declared(SyntaxNode node)
    {
        switch (node)
        {
            case RecordDeclarationSyntax each:
                return (each.ClassOrStructKeyword.IsKind(SyntaxKind.StructKeyword) ? "struct" : "class",
                    each.Identifier, each.Identifier.ValueText);
            case ClassDeclarationSyntax each: return ("class", each.Identifier, each.Identifier.ValueText);
            case InterfaceDeclarationSyntax each: return ("interface", each.Identifier, each.Identifier.ValueText);
            case StructDeclarationSyntax each: return ("struct", each.Identifier, each.Identifier.ValueText);
            case EnumDeclarationSyntax each: return ("enum", each.Identifier, each.Identifier.ValueText);
            case EnumMemberDeclarationSyntax each: return ("enum_member", each.Identifier, each.Identifier.ValueText);
            case DelegateDeclarationSyntax each: return ("type_alias", each.Identifier, each.Identifier.ValueText);
            case MethodDeclarationSyntax each: return ("method", each.Identifier, each.Identifier.ValueText);
            case LocalFunctionStatementSyntax each: return ("function", each.Identifier, each.Identifier.ValueText);
            case ConstructorDeclarationSyntax each: return ("constructor", each.Identifier, each.Identifier.ValueText);
            case DestructorDeclarationSyntax each: return ("method", each.TildeToken, "Finalize");
            case OperatorDeclarationSyntax each:
                return ("method", each.OperatorToken, "operator " + each.OperatorToken.ValueText);
            case ConversionOperatorDeclarationSyntax each:
                return ("method", each.ImplicitOrExplicitKeyword,
                    each.ImplicitOrExplicitKeyword.IsKind(SyntaxKind.ImplicitKeyword) ? "op_Implicit" : "op_Explicit");
            case PropertyDeclarationSyntax each: return ("property", each.Identifier, each.Identifier.ValueText);
            case IndexerDeclarationSyntax each: return ("property", each.ThisKeyword, "this[]");
            case EventDeclarationSyntax each: return ("property", each.Identifier, each.Identifier.ValueText);
            case ParameterSyntax each when each.Parent?.Parent is RecordDeclarationSyntax:
                return ("property", each.Identifier, each.Identifier.ValueText);
            case VariableDeclaratorSyntax each when each.Parent?.Parent is EventFieldDeclarationSyntax:
                return ("field", each.Identifier, each.Identifier.ValueText);
            case VariableDeclaratorSyntax each when each.Parent?.Parent is FieldDeclarationSyntax field:
                return (field.Modifiers.Any(SyntaxKind.ConstKeyword) ? "constant" : "field",
                    each.Identifier, each.Identifier.ValueText);
            default: return null;
        }
    }

    // The name within its file. The outermost namespace is the file's package; one inside it names what it holds.
    static string Qualified(SyntaxNode node)
    {
        var names = new List<string>();
        for (var each = node; each != null; each = each.Parent)
        {
            if (Declared(each) is { } declared) names.Add(declared.Name);
            else if (each is NamespaceDeclarationSyntax inner && inner.Parent is BaseNamespaceDeclarationSyntax)
                names.Add(string.Concat(inner.Name.ToString().Where(sign => !char.IsWhiteSpace(sign))));
        }
        names.Reverse();
        return string.Join(".", names);
    }

    static bool Runs(SyntaxNode node) =>
        Declared(node) is { } declared && declared.Kind is "method" or "function" or "constructor" or "property";

    // The function whose code a node is in, or the file's top level: what is bound to a field, an attribute.
    static string Caller(SyntaxNode node)
    {
        for (var each = node; each != null; each = each.Parent)
            if (Runs(each)) return PathOf(each) + "\t" + Qualified(each);
        return PathOf(node) + "\t" + Module;
    }

    // Where a symbol of the project is declared; nothing for what a library or the compiler made.
    static IEnumerable<SyntaxNode> Places(ISymbol symbol)
    {
        if (symbol is IMethodSymbol method)
        {
            symbol = method = (method.ReducedFrom ?? method).OriginalDefinition;
            if (method.PartialImplementationPart != null) symbol = method.PartialImplementationPart;
            if (method.AssociatedSymbol != null) symbol = method.AssociatedSymbol;
            var synthesized = method.IsImplicitlyDeclared ||
                method.DeclaringSyntaxReferences.All(each => each.GetSyntax() is TypeDeclarationSyntax);
            if (method.MethodKind == MethodKind.Constructor && synthesized) symbol = method.ContainingType;
        }
        return symbol.OriginalDefinition.DeclaringSyntaxReferences.Select(each => each.GetSyntax())
            .Where(each => Declared(each) != null);
    }

    static IEnumerable<string> Named(ISymbol symbol) =>
        Places(symbol).Select(each => PathOf(each) + "\t" + Qualified(each));

    sealed class Reader : CSharpSyntaxWalker
    {
        readonly SemanticModel model;

        public Reader(SemanticModel model) : base(SyntaxWalkerDepth.Node) { this.model = model; }

        public void Read()
        {
            var unit = model.SyntaxTree.GetRoot();
            Say("file", PathOf(unit));
            foreach (var trivia in unit.DescendantTrivia(descendIntoTrivia: true))
                if (trivia.IsKind(SyntaxKind.DisabledTextTrivia))
                {
                    var span = trivia.GetLocation().GetLineSpan();
                    Say("off", PathOf(unit), span.StartLinePosition.Line + 1, span.EndLinePosition.Line + 1);
                }
            Visit(unit);
        }

        public override void DefaultVisit(SyntaxNode node)
        {
            if (Declared(node) is { } declared)
                Say("symbol", PathOf(node), Qualified(node), declared.Kind, LineOf(declared.At));
            if (Runs(node)) Say("cast", PathOf(node), Qualified(node));
            switch (node)
            {
                case InvocationExpressionSyntax call: Written(call, Called(call.Expression)); break;
                case BaseObjectCreationExpressionSyntax made: Written(made, (made as ObjectCreationExpressionSyntax)?.Type.ToString() ?? ""); break;
                case ConstructorInitializerSyntax other: Written(other, ""); break;
                case PrimaryConstructorBaseTypeSyntax other: Written(other, other.Type.ToString()); break;
                case AttributeSyntax other: Neutral(other, model.GetSymbolInfo(other).Symbol); break;
                case CommonForEachStatementSyntax loop:
                    var info = model.GetForEachStatementInfo(loop);
                    foreach (var each in new ISymbol[] { info.GetEnumeratorMethod, info.MoveNextMethod, info.CurrentProperty, info.DisposeMethod })
                        Neutral(loop, each);
                    break;
                case QueryClauseSyntax clause:
                    Neutral(clause, model.GetQueryClauseInfo(clause).OperationInfo.Symbol);
                    Neutral(clause, model.GetQueryClauseInfo(clause).CastInfo.Symbol);
                    break;
                case SelectOrGroupClauseSyntax clause: Neutral(clause, model.GetSymbolInfo(clause).Symbol); break;
                case OrderingSyntax clause: Neutral(clause, model.GetSymbolInfo(clause).Symbol); break;
                case AwaitExpressionSyntax awaited: Neutral(awaited, model.GetAwaitExpressionInfo(awaited).GetAwaiterMethod); break;
                case InitializerExpressionSyntax list when list.IsKind(SyntaxKind.CollectionInitializerExpression):
                    foreach (var each in list.Expressions)
                        Neutral(list, model.GetCollectionInitializerSymbolInfo(each).Symbol);
                    break;
                case ExpressionSyntax other: Neutral(other, model.GetSymbolInfo(other).Symbol); break;
            }
            base.DefaultVisit(node);
        }

        static string Called(ExpressionSyntax function) => function switch
        {
            MemberAccessExpressionSyntax member => member.Name.Identifier.ValueText,
            MemberBindingExpressionSyntax member => member.Name.Identifier.ValueText,
            SimpleNameSyntax name => name.Identifier.ValueText,
            _ => "",
        };

        // A call, if it is known what it means; several that may be meant are no truth, and neither is a guess wrong.
        void Written(SyntaxNode node, string name)
        {
            if (IsNameOf(node)) return;
            var found = model.GetSymbolInfo(node);
            if (found.Symbol != null)
            {
                // A delegate is invoked: the call goes to whatever it holds, and reads the property or field itself.
                if (found.Symbol is IMethodSymbol { MethodKind: MethodKind.DelegateInvoke }) return;
                var id = found.Symbol.OriginalDefinition.ToDisplayString();
                foreach (var callee in Named(found.Symbol)) Say("call", Caller(node), callee, id);
                return;
            }
            foreach (var candidate in found.CandidateSymbols)
                Neutral(node, candidate);
            Say("open", Caller(node), name.Split('<')[0].Split('.').Last());
        }

        bool IsNameOf(SyntaxNode node) =>
            node is InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier: { ValueText: "nameof" } } }
            && model.GetConstantValue(node).HasValue;

        void Neutral(SyntaxNode node, ISymbol symbol)
        {
            if (symbol is IMethodSymbol or IPropertySymbol or IEventSymbol)
                foreach (var callee in Named(symbol)) Say("neutral", Caller(node), callee);
        }
    }
}
