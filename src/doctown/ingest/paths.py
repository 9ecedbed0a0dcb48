"""What names alone say of files and folders: the tables behind `walk` and `classify`.

Only data lives here. A name is listed as certain only if hand-written source practically never bears it; a name that
is sometimes innocent (`vendor`, `deps`, `target`) is listed together with the evidence that it needs.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    """A set of words written as prose is, so that tables stay short."""
    return frozenset(text.split())


VERSION_CONTROL_FOLDERS = frozenset({".git", ".hg", ".svn", ".bzr", "CVS", ".jj"})

VENDORED_FOLDERS = frozenset({
    "node_modules", "bower_components", "jspm_packages", "web_modules", "site-packages", "dist-packages",
    "__pypackages__", ".venv", "third_party", "third-party", "thirdparty", "3rdparty", "_vendor", "_vendored",
    "vendored", ".bundle", ".yarn", ".cargo-vendor",
})  # fmt: skip

# A file whose presence right in a folder makes the folder somebody else's: a virtual environment, a vendored crate.
VENDOR_MARKERS = frozenset({"pyvenv.cfg", ".cargo-checksum.json"})

# Ambiguous folder → files that, standing beside it or in it, settle that it is vendored. Licences inside do as well.
MAYBE_VENDORED: dict[str, frozenset[str]] = {
    "vendor": frozenset({"go.mod", "composer.json", "Gemfile", "package.json", "Cargo.toml", "mix.exs", "modules.txt"}),
    "vendors": frozenset({"package.json", "composer.json"}),
    "Pods": frozenset({"Podfile", "Manifest.lock"}),
    "Carthage": frozenset({"Cartfile", "Cartfile.resolved"}),
    "deps": frozenset({"mix.exs", "rebar.config"}),
    "extern": frozenset(),
    "external": frozenset(),
    "externals": frozenset(),
}

# Below these folders, `vendor` holds libraries for the browser.
ASSET_FOLDERS = frozenset({"static", "assets", "public", "js", "css", "javascripts", "stylesheets", "www", "webapp"})

LICENCE_NAME = re.compile(r"(?:UN)?LICEN[SC]E|COPYING|COPYRIGHT", re.IGNORECASE)

OUTPUT_FOLDERS = frozenset({
    "__pycache__", ".tox", ".nox", ".eggs", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".gradle",
    ".next", ".nuxt", ".svelte-kit", ".turbo", ".parcel-cache", ".nyc_output", ".ipynb_checkpoints", "CMakeFiles",
    "htmlcov", "lcov-report", "DerivedData", ".terraform", ".angular", ".vs", ".idea",
})  # fmt: skip
OUTPUT_FOLDER_PATTERN = re.compile(r"cmake-build-\w+|bazel-(?:bin|out|testlogs)")
# Folder → files beside it that make it the output folder of their tool.
OUTPUT_BESIDE: dict[str, frozenset[str]] = {
    "target": frozenset({"Cargo.toml", "pom.xml", "build.sbt"}),
    "_build": frozenset({"conf.py", "mix.exs", "dune-project"}),
    ".build": frozenset({"Package.swift"}),
}
GENERATED_FOLDERS = frozenset({"__generated__"})

# Where compilers and bundlers of scripts write to; the first folders of a path, judged by what is in the source.
SCRIPT_OUTPUT_FOLDERS = frozenset({
    "dist", "lib", "es", "esm", "cjs", "mjs", "umd", "build", "out", "commonjs", "module", "node", "types", "typings",
    "browser", "dist-cjs", "dist-esm", "dist-es", "dist-types", "lib-esm",
})  # fmt: skip
BUNDLE_FOLDERS = frozenset({"dist", "umd", "dist-cjs", "dist-esm", "dist-es", "dist-types"})

LOCK_FILES = frozenset({
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb", "deno.lock",
    "poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock", "conda-lock.yml", "pixi.lock", "Cargo.lock", "go.sum",
    "go.work.sum", "Gopkg.lock", "glide.lock", "Gemfile.lock", "gems.locked", "composer.lock", "Podfile.lock",
    "Package.resolved", "Cartfile.resolved", "mix.lock", "rebar.lock", "pubspec.lock", "packages.lock.json",
    "project.assets.json", "paket.lock", "gradle.lockfile", "buildscript-gradle.lockfile", "stack.yaml.lock",
    "cabal.project.freeze", "flake.lock", "conan.lock", "vcpkg-lock.json", "MODULE.bazel.lock", ".terraform.lock.hcl",
    "Chart.lock", "Manifest.toml.lock", "shard.lock", "Puppetfile.lock",
})  # fmt: skip
LOCK_PATTERN = re.compile(r"pylock(?:\.[\w-]+)?\.toml")

TRANSLATION_SUFFIXES = frozenset({".po", ".pot", ".xlf", ".xliff", ".arb"})

BINARY_SUFFIXES = _words(
    ".mo .gmo .qm .png .jpg .jpeg .gif .bmp .ico .icns .cur .webp .avif .heic .tif .tiff .psd .xcf .ai .eps "
    ".fig .woff .woff2 .ttf .otf .eot .pfb .mp3 .mp4 .m4a .m4v .ogg .oga .ogv .wav .flac .avi .mov .mkv .webm "
    ".zip .tar .gz .tgz .bz2 .tbz .xz .txz .zst .lz4 .lzma .7z .rar .br .cab .iso .dmg .deb .rpm .apk .ipa .msi "
    ".whl .egg .gem .nupkg .jar .war .ear .aar .jks .keystore .class .dex .pyc .pyo .pyd .so .dylib .dll .exe .lib "
    ".a .o .obj .ko .pdb .ilk .wasm .bc .node .elc .beam .hi .rlib .rmeta .db .sqlite .sqlite3 .mdb .dbf .rdb "
    ".pickle .pkl .npy .npz .h5 .hdf5 .mat .parquet .feather .arrow .orc .avro .onnx .pb .pth .safetensors "
    ".tflite .ckpt .gguf .bin .pdf .doc .docx .xls .xlsx .ppt .pptx .odt .ods .odp .epub .mobi .djvu .swf "
    ".fla .blend .fbx .glb .stl .3ds .max .ttc .p12 .pfx .der .gpg .shp .shx .prj .tif .mmdb .geotiff .swp .docpack"
)

DATA_SUFFIXES = _words(
    ".csv .tsv .psv .svg .svgz .ipynb .geojson .topojson .jsonl .ndjson .log .har .pem .crt .cer .key .asc .sig "
    ".ics .vcf .gpx .kml .ply .dae .drawio .excalidraw .wkt .fasta .mol .bib .ps .hex .ihex .srec .dump "
    ".cassette .rtf .afm .xpm .pbm .pgm .ppm"
)
# Beyond these many bytes, a file of these formats is data: nobody writes such a one by hand.
DATA_BYTES: dict[str, int] = {
    ".json": 128 << 10,
    ".json5": 128 << 10,
    ".xml": 256 << 10,
    ".yaml": 256 << 10,
    ".yml": 256 << 10,
    ".sql": 512 << 10,
    ".txt": 512 << 10,
    ".html": 512 << 10,
    ".htm": 512 << 10,
    ".toml": 256 << 10,
}

MINIFIED_NAME = re.compile(r"[.-]min\.(?:[cm]?js|css)$")

# Written by a build tool into the repository and never edited: wrappers and the auxiliary scripts of autotools.
TOOL_SCRIPTS = frozenset({
    "gradlew", "gradlew.bat", "mvnw", "mvnw.cmd", ".pnp.cjs", ".pnp.loader.mjs", "aclocal.m4", "config.guess",
    "config.sub", "ltmain.sh", "install-sh", "depcomp", "ylwrap", "config.rpath", "PKG-INFO", "versioneer.py",
})  # fmt: skip

GENERATED_NAME = re.compile(
    r"_pb2(?:_grpc)?\.pyi?$|\.pb(?:\.gw)?\.(?:go|h|cc|c|swift|ts)$|\.pb\.validate\.go$|_pb\.(?:js|ts|d\.ts|rb)$|"
    r"_grpc_pb\.js$|\.(?:g|freezed|gr)\.dart$|\.(?:[Dd]esigner|g|g\.i|generated)\.(?:cs|vb)$|\.generated\.\w+$|"
    r"^zz_generated[.\w]*\.go$|\.(?:js|css|[cm]js|ts)\.map$|\.tsbuildinfo$|\.snap$|\.(?:yy|lex)\.c$|\.tab\.[ch]$"
)

# A versioned copy of a browser library, as `jquery-3.6.0.js`; without a version it may be the library's own source.
LIBRARY_COPY = re.compile(
    r"(?:jquery(?:[.-][a-z]+)*|bootstrap|angular|react(?:-dom)?|vue|d3|lodash|underscore|backbone|modernizr|prototype|"
    r"require|mootools|ember|handlebars|moment|select2|leaflet|three|ext|dojo|knockout|zepto|swfobject|chart)"
    r"[.-]v?\d+(?:\.\d+)+(?:[.-](?:slim|bundle|pack|custom|core|full|debug))*\.(?:js|css)"
)
