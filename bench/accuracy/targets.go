// What every call in a tree of Go files calls, as go/types has it: `go run targets.go ROOT`.
//
// Packages of the tree are checked from their sources; the standard library too. What neither has is an empty package,
// and the errors that follow from it are ignored: a call whose meaning is lost is not printed. Prints JSON lines:
// ["file", path], ["symbol", path, name, kind], ["call", path, caller, path, callee].
package main

import (
	"encoding/json"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
)

type unit struct {
	folder string
	name   string
	files  []*ast.File
	tests  []*ast.File // of the package itself, checked with it but unseen by importers
	outer  []*ast.File // of the package beside it, `x_test`
}

type world struct {
	fset    *token.FileSet
	root    string
	units   map[string]*unit // by folder
	done    map[string]*types.Package
	std     types.Importer
	names   map[token.Pos]string // where a function or method is declared, and its name
	out     *json.Encoder
	folders []string
}

func main() {
	root, err := filepath.Abs(os.Args[1])
	if err != nil {
		panic(err)
	}
	w := &world{fset: token.NewFileSet(), root: root, units: map[string]*unit{}, done: map[string]*types.Package{}}
	w.std = importer.ForCompiler(w.fset, "source", nil)
	w.names = map[token.Pos]string{}
	w.out = json.NewEncoder(os.Stdout)
	w.out.SetEscapeHTML(false)
	w.read()
	for _, folder := range w.folders {
		w.check(folder)
	}
}

func (w *world) read() {
	context := build.Default
	context.CgoEnabled = true
	err := filepath.WalkDir(w.root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") {
			return err
		}
		folder, base := filepath.Split(name)
		if fits, err := context.MatchFile(folder, base); err != nil || !fits {
			return nil
		}
		file, err := parser.ParseFile(w.fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil
		}
		w.add(w.relative(name), file)
		return nil
	})
	if err != nil {
		panic(err)
	}
	for folder := range w.units {
		w.folders = append(w.folders, folder)
	}
	sort.Strings(w.folders)
}

func (w *world) relative(name string) string {
	found, err := filepath.Rel(w.root, name)
	if err != nil {
		panic(err)
	}
	return filepath.ToSlash(found)
}

func (w *world) add(name string, file *ast.File) {
	folder := path.Dir(name)
	one := w.units[folder]
	if one == nil {
		one = &unit{folder: folder}
		w.units[folder] = one
	}
	test := strings.HasSuffix(name, "_test.go")
	switch {
	case test && strings.HasSuffix(file.Name.Name, "_test"):
		one.outer = append(one.outer, file)
	case test:
		one.tests = append(one.tests, file)
	case one.name == "" || one.name == file.Name.Name:
		one.name = file.Name.Name
		one.files = append(one.files, file)
	default:
		return
	}
	w.declare(name, file)
}

func (w *world) declare(name string, file *ast.File) {
	w.emit("file", name)
	symbol := func(ident *ast.Ident, qualified, kind string) {
		if ident.Name != "_" {
			w.names[ident.Pos()] = qualified
			w.emit("symbol", name, qualified, kind)
		}
	}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil {
				symbol(decl.Name, decl.Name.Name, "function")
				declareLocal(decl, decl.Name.Name, symbol)
			} else if len(decl.Recv.List) == 1 {
				name := receiver(decl.Recv.List[0].Type) + "." + decl.Name.Name
				symbol(decl.Name, name, "method")
				declareLocal(decl, name, symbol)
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					declareType(spec, "", symbol)
				case *ast.ValueSpec:
					kind := map[token.Token]string{token.CONST: "constant", token.VAR: "variable"}[decl.Tok]
					for _, ident := range spec.Names {
						symbol(ident, ident.Name, kind)
					}
				}
			}
		}
	}
}

// The structs and interfaces that a function declares for itself; its other types have no members to tell of.
func declareLocal(function *ast.FuncDecl, name string, symbol func(*ast.Ident, string, string)) {
	if function.Body == nil {
		return
	}
	ast.Inspect(function.Body, func(node ast.Node) bool {
		if spec, ok := node.(*ast.TypeSpec); ok {
			switch spec.Type.(type) {
			case *ast.StructType, *ast.InterfaceType:
				declareType(spec, name+".", symbol)
			}
		}
		return true
	})
}

func declareType(spec *ast.TypeSpec, scope string, symbol func(*ast.Ident, string, string)) {
	name := scope + spec.Name.Name
	switch shape := spec.Type.(type) {
	case *ast.StructType:
		symbol(spec.Name, name, "struct")
		declareFields(shape, name, symbol)
	case *ast.InterfaceType:
		symbol(spec.Name, name, "interface")
		for _, method := range shape.Methods.List {
			for _, ident := range method.Names {
				symbol(ident, name+"."+ident.Name, "method")
			}
		}
	default:
		symbol(spec.Name, name, "type_alias")
	}
}

// An embedded field has its type's name; the fields of a struct without a name are those of the field that it types.
func declareFields(shape *ast.StructType, name string, symbol func(*ast.Ident, string, string)) {
	for _, field := range shape.Fields.List {
		idents := field.Names
		if len(idents) == 0 {
			idents = []*ast.Ident{embedded(field.Type)}
		}
		for _, ident := range idents {
			symbol(ident, name+"."+ident.Name, "field")
			if inner := unnamed(field.Type); inner != nil {
				declareFields(inner, name+"."+ident.Name, symbol)
			}
		}
	}
}

func unnamed(kind ast.Expr) *ast.StructType {
	switch kind := kind.(type) {
	case *ast.StructType:
		return kind
	case *ast.StarExpr:
		return unnamed(kind.X)
	case *ast.ArrayType:
		return unnamed(kind.Elt)
	case *ast.MapType:
		return unnamed(kind.Value)
	}
	return nil
}

func embedded(kind ast.Expr) *ast.Ident {
	switch kind := kind.(type) {
	case *ast.StarExpr:
		return embedded(kind.X)
	case *ast.ParenExpr:
		return embedded(kind.X)
	case *ast.IndexExpr:
		return embedded(kind.X)
	case *ast.IndexListExpr:
		return embedded(kind.X)
	case *ast.SelectorExpr:
		return kind.Sel
	case *ast.Ident:
		return kind
	}
	return ast.NewIdent("_")
}

func receiver(kind ast.Expr) string {
	switch kind := kind.(type) {
	case *ast.StarExpr:
		return receiver(kind.X)
	case *ast.ParenExpr:
		return receiver(kind.X)
	case *ast.IndexExpr:
		return receiver(kind.X)
	case *ast.IndexListExpr:
		return receiver(kind.X)
	case *ast.Ident:
		return kind.Name
	}
	return "?"
}

func (w *world) emit(values ...string) {
	if err := w.out.Encode(values); err != nil {
		panic(err)
	}
}

// Import finds a package of the tree by the longest end of its path that is a folder, else the standard library's.
func (w *world) Import(name string) (*types.Package, error) {
	if name == "unsafe" {
		return types.Unsafe, nil
	}
	if !strings.Contains(strings.Split(name, "/")[0], ".") {
		if found, err := w.std.Import(name); err == nil {
			return found, nil
		}
	}
	parts := strings.Split(name, "/")
	for at := 0; at <= len(parts); at++ {
		folder := strings.Join(parts[at:], "/")
		if folder == "" {
			folder = "."
		}
		one := w.units[folder]
		if one == nil || len(one.files) == 0 || (folder == "." && !plausible(parts, one.name)) {
			continue
		}
		return w.importable(folder, name), nil
	}
	empty := types.NewPackage(name, path.Base(name))
	empty.MarkComplete()
	return empty, nil
}

func plausible(parts []string, name string) bool {
	for _, part := range parts[len(parts)-min(2, len(parts)):] {
		part = strings.TrimSuffix(strings.TrimPrefix(part, "go-"), "-go")
		if part == name || strings.HasPrefix(part, name+".") || strings.ReplaceAll(part, "-", "") == name {
			return true
		}
	}
	return false
}

func (w *world) importable(folder, name string) *types.Package {
	if known, ok := w.done[folder]; ok {
		return known
	}
	empty := types.NewPackage(name, w.units[folder].name)
	empty.MarkComplete()
	w.done[folder] = empty // circles end here
	w.done[folder] = w.types(name, w.units[folder].files, nil)
	return w.done[folder]
}

func (w *world) types(name string, files []*ast.File, info *types.Info) *types.Package {
	config := types.Config{Importer: w, Error: func(error) {}, FakeImportC: true}
	found, _ := config.Check(name, w.fset, files, info)
	return found
}

func (w *world) check(folder string) {
	one := w.units[folder]
	for _, files := range [][]*ast.File{append(append([]*ast.File{}, one.files...), one.tests...), one.outer} {
		if len(files) == 0 {
			continue
		}
		info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
		w.types(folder, files, info)
		for _, file := range files {
			w.calls(file, info)
		}
	}
}

func (w *world) calls(file *ast.File, info *types.Info) {
	name := w.relative(w.fset.File(file.Pos()).Name())
	for _, decl := range file.Decls {
		caller := "<module>"
		if function, ok := decl.(*ast.FuncDecl); ok {
			caller = w.names[function.Name.Pos()]
			if caller == "" {
				caller = function.Name.Name
			}
		}
		ast.Inspect(decl, func(node ast.Node) bool {
			if call, ok := node.(*ast.CallExpr); ok {
				if target, ok := called(call.Fun, info).(*types.Func); ok {
					target = target.Origin()
					if callee := w.names[target.Pos()]; callee != "" {
						w.emit("call", name, caller, w.relative(w.fset.File(target.Pos()).Name()), callee)
					}
				}
			}
			return true
		})
	}
}

func called(function ast.Expr, info *types.Info) types.Object {
	switch function := function.(type) {
	case *ast.ParenExpr:
		return called(function.X, info)
	case *ast.IndexExpr:
		return called(function.X, info)
	case *ast.IndexListExpr:
		return called(function.X, info)
	case *ast.Ident:
		return info.Uses[function]
	case *ast.SelectorExpr:
		if selection, ok := info.Selections[function]; ok {
			return selection.Obj()
		}
		return info.Uses[function.Sel]
	}
	return nil
}

