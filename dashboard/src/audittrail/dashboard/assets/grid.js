// What the grids' cells are drawn with. Texts from spans become text nodes, never HTML.
const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
const formats = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});

cells.TraceLink = (props) =>
  React.createElement("a", { href: "/traces/" + encodeURIComponent(props.data.id) }, props.value);

formats.localTime = (iso) => {
  if (!iso) return "--";
  const at = new Date(iso);
  const milliseconds = String(at.getMilliseconds()).padStart(3, "0");
  return at.toLocaleDateString() + " " + at.toLocaleTimeString([], { hour12: false }) + "." + milliseconds;
};
