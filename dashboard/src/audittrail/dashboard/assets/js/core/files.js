/** What a reader takes away: files, and tables as CSV. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const KEPT_MS = 60000;

  // A spreadsheet must not take a name for a formula.
  function field(value) {
    const text = String(value ?? "");
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return `"${safe.replace(/"/g, '""')}"`;
  }

  /** Lines of values as CSV (RFC 4180); what is unknown is empty. */
  at.csv = (lines) => lines.map((line) => line.map(field).join(",")).join("\r\n");

  /** Let the browser keep ``content`` (text or Blob) as a file. */
  at.download = (content, name, type = "text/plain;charset=utf-8") => {
    const blob = content instanceof Blob ? content : new Blob([content], { type });
    const url = URL.createObjectURL(blob);
    const link = at.el("a", { href: url, download: name.replace(/[^\w.-]+/g, "_") });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
  };
})();
