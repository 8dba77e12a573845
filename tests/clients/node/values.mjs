// One value of each type OTLP has, and of each that something on the way might take for another.

// What a span may have: texts, numbers, booleans, and lists of one of them.
export const SPAN_VALUES = {
  text: "plain",
  "text.empty": "",
  "text.unicode": "Grüße, 世界 👩🏽‍🚀 \u202e \u2028 \uffff \u{10ffff}",
  "text.nul": "before\0after\0",
  "text.controls":
    Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join("") + "\x7f\x85",
  "text.json": '{"a": ["\\"b\\"", null, 1.50]}',
  "text.number": "0123",
  "text.long": "0123456789abcdef".repeat(4096),
  yes: true,
  no: false,
  int: 57,
  "int.zero": 0,
  "int.negative_zero": -0,
  "int.negative": -1,
  "int.largest_safe": Number.MAX_SAFE_INTEGER,
  "int.smallest_safe": Number.MIN_SAFE_INTEGER,
  "int.past_safe": 2 ** 62,
  "int.before_safe": -(2 ** 62),
  "int.smallest": -(2 ** 63),
  "int.too_large": 1e20,
  float: 0.1,
  "float.smallest": 5e-324,
  "float.nan": NaN,
  "float.infinite": Infinity,
  "float.negative_infinite": -Infinity,
  "list.empty": [],
  "list.texts": ["a", "", "\0", "é😀"],
  "list.with_nothing": ["a", null],
  "list.bools": [true, false],
  "list.ints": [2 ** 53, -1, 0],
  "list.mixed_numbers": [0.5, 1, NaN, -Infinity],
};

// What a log record may have as well.
export const LOG_VALUES = {
  ...SPAN_VALUES,
  none: null,
  bytes: Uint8Array.from({ length: 256 }, (_, byte) => byte),
  "bytes.empty": new Uint8Array(),
  "list.mixed": ["1", 1, 0.5, true, null, Uint8Array.of(1), [], {}],
  "list.nested": [["a"], [[2 ** 53]], [{ k: [null] }]],
  map: { a: { b: [1, { c: "d" }] }, "\0": Uint8Array.of(255), text: "" },
  "map.empty": {},
  "map.like_bytes": { bytesValue: "AAAA" },
  "map.like_double": { doubleValue: "NaN" },
  "map.like_map": { kvlistValue: { bytesValue: 1 } },
};

export const ODD_KEYS = {
  a: "conflicts",
  "a.b": "with this",
  constructor: 1,
  'key with spaces, "quotes", back\\slash, \n and \0': "odd",
  "ключ 🔑": "unicode",
  ["k".repeat(1000)]: "long",
};
