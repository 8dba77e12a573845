/** Inputs and outputs of both traces, so that a line whose words changed is told as changed. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const MOST_SPANS = 2000;
  const PAGE = 200;

  const TEXT = (value) => {
    if (value === null || value === undefined) return "";
    const messages = at.details.messagesOf(value);
    if (!messages) return at.details.plainOf(at.details.parsed(value));
    return messages
      .map((said) => `${said.role}: ${at.details.messageText(said)}`)
      .join("\n\n");
  };

  // Ids of calls are new in every run.
  const plain = (value) =>
    TEXT(value).replace(/\b(call|toolu|fc|msg|resp|chatcmpl)[-_][\w-]+/g, "$1");

  async function contents(traceId) {
    const found = new Map();
    let cursor = null;
    do {
      const answer = await at.api.get(`/traces/${encodeURIComponent(traceId)}/spans`, {
        fields: "span_id,input,output",
        limit: PAGE,
        cursor,
      });
      for (const span of answer.data) {
        found.set(span.span_id, [plain(span.input), plain(span.output)]);
      }
      cursor = answer.next_cursor;
    } while (cursor);
    return found;
  }

  at.compare ??= {};
  at.compare.textOf = TEXT;
  /**
   * Mark lines whose input or output differs; false if there are too many spans to read them all.
   */
  at.compare.readContents = async (a, b, lines) => {
    if (a.count > MOST_SPANS || b.count > MOST_SPANS) return false;
    const [ofA, ofB] = await Promise.all([contents(a.traceId), contents(b.traceId)]);
    for (const line of lines) {
      if (line.a < 0 || line.b < 0) continue;
      const one = ofA.get(a.id[line.a]) || ["", ""];
      const two = ofB.get(b.id[line.b]) || ["", ""];
      const more = ["input", "output"].filter((_, place) => one[place] !== two[place]);
      if (!more.length) continue;
      line.differs = [...line.differs, ...more];
      line.kind = "changed";
    }
    return true;
  };
})();
