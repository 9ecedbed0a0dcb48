"""Names of the text formats that are no programming languages: the table behind `classify`.

Only data. Programming languages are named by `languages/`; a name that stands in both is the programming language.
"""

from __future__ import annotations

SUFFIXES: dict[str, str] = {
    ".md": "markdown", ".markdown": "markdown", ".mdown": "markdown", ".mdx": "markdown", ".mkd": "markdown",
    ".rst": "restructuredtext", ".rest": "restructuredtext", ".adoc": "asciidoc", ".asciidoc": "asciidoc",
    ".org": "org", ".tex": "latex", ".sty": "latex", ".texi": "texinfo", ".pod": "pod", ".rdoc": "rdoc",
    ".txt": "text", ".text": "text", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml",
    ".json": "json", ".jsonc": "json", ".json5": "json", ".webmanifest": "json", ".code-workspace": "json",
    ".ini": "ini", ".cfg": "ini", ".conf": "ini", ".properties": "properties", ".editorconfig": "ini",
    ".service": "systemd", ".timer": "systemd", ".socket": "systemd", ".target": "systemd",
    ".xml": "xml", ".xsd": "xml", ".xsl": "xml", ".xslt": "xml", ".plist": "xml", ".csproj": "xml", ".fsproj": "xml",
    ".vbproj": "xml", ".props": "xml", ".targets": "xml", ".nuspec": "xml", ".pom": "xml", ".wsdl": "xml",
    ".storyboard": "xml", ".xib": "xml", ".resx": "xml", ".config": "xml", ".xaml": "xml",
    ".html": "html", ".htm": "html", ".xhtml": "html", ".css": "css", ".scss": "scss", ".sass": "sass",
    ".less": "less", ".styl": "stylus", ".sql": "sql", ".graphql": "graphql", ".gql": "graphql",
    ".proto": "protobuf", ".thrift": "thrift", ".avsc": "json", ".tf": "terraform", ".tfvars": "terraform",
    ".hcl": "hcl", ".nix": "nix", ".cmake": "cmake", ".mk": "makefile", ".mak": "makefile", ".ninja": "ninja",
    ".gradle": "gradle", ".bzl": "starlark", ".bazel": "starlark", ".sln": "solution",
    ".gemspec": "ruby", ".podspec": "ruby", ".vue": "vue", ".svelte": "svelte", ".astro": "astro",
    ".j2": "template", ".jinja": "template", ".jinja2": "template", ".tmpl": "template", ".tpl": "template",
    ".mustache": "template", ".hbs": "template", ".ejs": "template", ".erb": "template", ".liquid": "template",
    ".haml": "template", ".pug": "template", ".twig": "template", ".blade.php": "template", ".ftl": "template",
    ".in": "template", ".py-tpl": "template", ".diff": "diff", ".patch": "diff", ".rego": "rego",
    ".http": "http", ".feature": "gherkin", ".bat": "batch", ".cmd": "batch", ".ps1": "powershell",
    ".psm1": "powershell", ".fish": "fish", ".awk": "awk", ".sed": "sed", ".vim": "vim", ".el": "emacs-lisp",
    ".r": "r", ".R": "r", ".jl": "julia", ".pl": "perl", ".pm": "perl", ".t": "perl", ".hs": "haskell",
    ".ml": "ocaml", ".mli": "ocaml", ".ex": "elixir", ".exs": "elixir", ".erl": "erlang", ".hrl": "erlang",
    ".clj": "clojure", ".cljs": "clojure", ".fs": "fsharp", ".fsx": "fsharp", ".vb": "visual-basic", ".dart": "dart",
    ".zig": "zig", ".nim": "nim", ".d": "d", ".f90": "fortran", ".f": "fortran", ".pas": "pascal", ".m": "objective-c",
    ".mm": "objective-c", ".groovy": "groovy", ".asm": "assembly", ".s": "assembly", ".S": "assembly",
    ".v": "verilog", ".sv": "verilog", ".vhd": "vhdl", ".glsl": "glsl", ".wgsl": "wgsl", ".cu": "cuda",
    ".pyx": "cython", ".pxd": "cython", ".pxi": "cython", ".sol": "solidity", ".tcl": "tcl", ".lisp": "lisp",
    ".scm": "scheme", ".rkt": "racket", ".cr": "crystal", ".m4": "m4", ".ac": "m4", ".am": "makefile",
}  # fmt: skip

FILENAMES: dict[str, str] = {
    "CMakeLists.txt": "cmake", "justfile": "just", "Justfile": "just", ".justfile": "just", "Procfile": "procfile",
    "Jenkinsfile": "groovy", "Vagrantfile": "ruby", "Gemfile": "ruby", "Podfile": "ruby", "Fastfile": "ruby",
    "Brewfile": "ruby", "go.mod": "go.mod", "go.work": "go.mod", "BUILD": "starlark", "WORKSPACE": "starlark",
    "BUILD.bazel": "starlark", "WORKSPACE.bazel": "starlark", "MODULE.bazel": "starlark", "Tiltfile": "starlark",
    "meson.build": "meson", "meson_options.txt": "meson", "configure.ac": "m4", "MANIFEST.in": "manifest",
    ".gitignore": "ignore", ".dockerignore": "ignore", ".npmignore": "ignore", ".gitattributes": "ignore",
    ".eslintignore": "ignore", ".prettierignore": "ignore", ".helmignore": "ignore", "CODEOWNERS": "codeowners",
    ".editorconfig": "ini", ".gitconfig": "ini", ".gitmodules": "ini", ".coveragerc": "ini", ".flake8": "ini",
    ".pylintrc": "ini", "pylintrc": "ini", "setup.cfg": "ini", "tox.ini": "ini", ".npmrc": "ini", ".pypirc": "ini",
    "Pipfile": "toml", ".eslintrc": "json", ".prettierrc": "json", ".babelrc": "json", ".swcrc": "json",
    "composer.lock": "json", ".clang-format": "yaml", ".clang-tidy": "yaml", "CITATION.cff": "yaml",
    ".yamllint": "yaml", ".nvmrc": "text", ".python-version": "text", ".node-version": "text", ".tool-versions": "text",
    "py.typed": "text", "robots.txt": "text", ".htaccess": "apache", "nginx.conf": "nginx", "crontab": "crontab",
    "Caddyfile": "caddy", "Earthfile": "earthly", "Snakefile": "snakemake", "SConstruct": "scons", "DEPS": "text",
}  # fmt: skip

INTERPRETERS: dict[str, str] = {
    "perl": "perl", "awk": "awk", "gawk": "awk", "sed": "sed", "fish": "fish", "tclsh": "tcl", "Rscript": "r",
    "make": "makefile", "osascript": "applescript", "pwsh": "powershell", "just": "just", "elixir": "elixir",
    "escript": "erlang", "runghc": "haskell", "runhaskell": "haskell", "groovy": "groovy", "julia": "julia",
    "nix-shell": "nix", "guile": "scheme", "racket": "racket", "ocaml": "ocaml", "dash": "shell", "ksh": "shell",
    "sh": "shell", "bash": "shell", "zsh": "shell",
}  # fmt: skip
