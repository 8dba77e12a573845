/** Conversations in one shape, whatever wrote them down. */
(function () {
  "use strict";
  const at = (window.audittrail ??= {});
  const ROLES = {
    human: "user",
    ai: "assistant",
    model: "assistant",
    function: "tool",
    developer: "system",
    aimessagechunk: "assistant",
  };
  const CLASSES = { HumanMessage: "user", AIMessage: "assistant", ToolMessage: "tool" };
  const CALLS = new Set(["tool_call", "tool_use", "function_call"]);
  const RESULTS = new Set(["tool_call_response", "tool_result", "function_call_output"]);
  const WRAPPERS = ["messages", "update", "output", "generations", "choices", "message"];

  const isObject = (value) =>
    value !== null && typeof value === "object" && !Array.isArray(value);
  const list = (value) => (Array.isArray(value) ? value : value ? [value] : []);
  const first = (holder, ...keys) => {
    const found = keys.find((key) => holder[key] !== null && holder[key] !== undefined);
    return found === undefined ? null : holder[found];
  };

  /** The value of JSON text that is an object or a list; anything else as it is. */
  function parsed(value) {
    if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  }

  function call(from) {
    const inner = isObject(from.function) ? from.function : {};
    return {
      id: first(from, "id", "call_id", "tool_call_id", "toolUseId"),
      name: from.name || inner.name || null,
      arguments: parsed(first({ ...inner, ...from }, "arguments", "args", "input")),
    };
  }

  function result(from) {
    const inner = parsed(first(from, "result", "response", "content", "output"));
    const holder = { role: "tool", content: inner };
    const made = message(holder, "tool");
    made.callId = first(from, "tool_use_id", "call_id", "toolUseId", "tool_call_id", "id");
    made.name = from.name || null;
    made.failed = Boolean(from.is_error) || from.status === "error";
    return made;
  }

  function media(part) {
    const kind = String(part.type || part.modality || "").toLowerCase();
    const source = part.image_url || part.source || part.file || part.input_audio || part;
    const url =
      typeof source === "string" ? source : first(source, "url", "data", "uri", "content");
    const mime = first(isObject(source) ? source : part, "media_type", "mime_type", "format");
    const label = /image/.test(kind) ? "Image" : /audio/.test(kind) ? "Audio" : "File";
    const name = first(part, "filename", "name", "file_id") || (source && source.filename) || null;
    return { kind: "media", label, name, mime, value: typeof url === "string" ? url : null };
  }

  // One part of a message's content: into its parts, its calls, or a result of its own.
  function put(made, results, given) {
    if (given === null || given === undefined || given === "") return;
    if (typeof given === "string") {
      made.parts.push({ kind: "text", text: given });
      return;
    }
    if (!isObject(given)) {
      made.parts.push({ kind: "data", value: given });
      return;
    }
    const part = given.type === "json" && "value" in given ? given.value : given;
    if (!isObject(part)) {
      made.parts.push({ kind: "data", value: part });
      return;
    }
    const kind = String(part.type || "");
    const used = part.toolUse || part.functionCall || part.function_call;
    const answered = part.toolResult || part.functionResponse;
    if (isObject(used)) made.calls.push(call(used));
    else if (isObject(answered)) results.push(result(answered));
    else if (CALLS.has(kind)) made.calls.push(call(part));
    else if (RESULTS.has(kind)) results.push(result(part));
    else if (/^(reasoning|thinking)/.test(kind)) {
      const text = first(part, "text", "content", "thinking", "summary");
      made.parts.push({ kind: "reasoning", text: typeof text === "string" ? text : "" });
    } else if (/image|audio|video|file|document|blob|uri/.test(kind)) made.parts.push(media(part));
    else if (typeof part.text === "string") made.parts.push({ kind: "text", text: part.text });
    else if (kind === "text" && typeof part.content === "string") {
      made.parts.push({ kind: "text", text: part.content });
    } else if (kind === "refusal") made.parts.push({ kind: "text", text: String(part.refusal) });
    else made.parts.push({ kind: "data", value: part });
  }

  function message(from, role) {
    const made = { role, parts: [], calls: [], results: [], callId: null, name: from.name || null };
    made.finish = from.finish_reason || null;
    made.failed = from.status === "error";
    const told = first(from, "content", "parts", "contents");
    const content = role === "tool" ? parsed(told) : told;
    const plain = role === "tool" && !(Array.isArray(content) && content.every(isPart));
    if (plain && content !== null && typeof content !== "string") {
      made.parts.push({ kind: "data", value: content });
    } else for (const part of list(content)) put(made, made.results, part);
    if (typeof from.reasoning_content === "string" && from.reasoning_content) {
      made.parts.unshift({ kind: "reasoning", text: from.reasoning_content });
    }
    for (const each of list(from.tool_calls)) if (isObject(each)) made.calls.push(call(each));
    if (isObject(from.function_call)) made.calls.push(call(from.function_call));
    const own = role === "tool" ? from.id : null;
    made.callId = first(from, "tool_call_id", "call_id") || own || null;
    return made;
  }

  const isPart = (part) =>
    typeof part === "string" ||
    (isObject(part) && ("type" in part || "text" in part || "toolResult" in part));

  function autogen(item) {
    const role = item.source === "user" ? "user" : "assistant";
    const made = message({ ...item, content: null, name: item.source }, role);
    made.callId = null;
    for (const each of list(item.content)) {
      if (isObject(each) && "arguments" in each) made.calls.push(call(each));
      else if (isObject(each) && "call_id" in each) made.results.push(result(each));
      else put(made, made.results, each);
    }
    return made;
  }

  // One message of any kind; null if it is something else.
  function one(given) {
    const item = parsed(given);
    if (!isObject(item)) return null;
    const content = "content" in item || "parts" in item || "contents" in item;
    if (typeof item.role === "string" && (content || item.tool_calls || item.function_call)) {
      const role = item.role.toLowerCase();
      return message(item, ROLES[role] || role);
    }
    const known = ROLES[String(item.type || "").toLowerCase()] || item.type;
    const spoken = ["user", "assistant", "system", "tool"].includes(known) ? known : null;
    if (spoken && isObject(item.data)) return message(item.data, spoken);
    if (spoken && content) return message(item, spoken);
    if (Array.isArray(item.id) && isObject(item.kwargs)) {
      const name = String(item.id.at(-1)).replace("Chunk", "");
      return message(item.kwargs, CLASSES[name] || "system");
    }
    if (typeof item.source === "string" && /(Message|Event)$/.test(item.type || "")) {
      return autogen(item);
    }
    return null;
  }

  function split(made) {
    const { results, ...rest } = made;
    const kept = rest.parts.length || rest.calls.length || !results.length ? [rest] : [];
    return [...kept, ...results.flatMap(split)];
  }

  function all(given, depth) {
    const value = parsed(given);
    if (Array.isArray(value)) {
      if (!value.length) return null;
      const found = value.map((each) => {
        const single = one(each);
        return single ? split(single) : depth > 0 ? all(each, depth - 1) : null;
      });
      return found.every(Boolean) ? found.flat() : null;
    }
    const single = one(value);
    if (single) return split(single);
    if (!isObject(value) || depth <= 0) return null;
    for (const key of WRAPPERS) {
      if (value[key] && typeof value[key] === "object") {
        const found = all(value[key], depth - 1);
        if (found) return found;
      }
    }
    return null;
  }

  // Some record the instructions beside the messages, where they stand as well.
  function once(messages) {
    if (!messages) return messages;
    const text = (said) => JSON.stringify([said.role, said.parts]);
    return messages.filter((said, place) => {
      const before = messages[place - 1];
      return said.role !== "system" || !before || text(said) !== text(before);
    });
  }

  at.details ??= {};
  /**
   * The messages that an input or output holds; null if it is something else. A message is ``{role,
   * parts, calls, callId, name, finish, failed}``; a part ``{kind: text|reasoning|media|data}``; a
   * call ``{id, name, arguments}``.
   * @param {*} value
   * @param {string} [role] who is taken to have said it, if it is plain text
   */
  at.details.messagesOf = (value, role) => {
    if (value === null || value === undefined) return null;
    const found = once(all(value, 3));
    if (found || !role || typeof parsed(value) !== "string") return found;
    return value ? [message({ content: value }, role)].map((each) => split(each)[0]) : null;
  };
  at.details.parsed = parsed;
  at.details.isObject = isObject;

  /** The text of a message, for copies, excerpts and comparison. */
  at.details.messageText = (said) => {
    const texts = said.parts.map((part) =>
      part.kind === "media"
        ? `[${part.label}${part.name ? ` ${part.name}` : ""}]`
        : part.kind === "data"
          ? JSON.stringify(part.value)
          : part.text,
    );
    const calls = said.calls.map((each) => `${each.name}(${JSON.stringify(each.arguments)})`);
    return [...texts, ...calls].join("\n");
  };
})();
