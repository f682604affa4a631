// Loads the WebAssembly viewer into this frame and lets the page around it own the
// keyboard. Drawing, pointer and network live in the Go program.

const shell = message => window.parent.postMessage(JSON.stringify(message), location.origin);

// The drawing toolkit swallows every key. Take them first: Tab and browser
// chords go their usual way, the rest to the page's keyboard map.
for (const kind of ["keydown", "keyup", "keypress"]) {
  window.addEventListener(kind, event => {
    event.stopImmediatePropagation();
    if (kind === "keydown" && !event.ctrlKey && !event.metaKey && !event.altKey && !/^(Tab|F\d+)$/.test(event.key)) {
      if (/^(Arrow|Page|Home|End| )/.test(event.key)) event.preventDefault();
      shell({ type: "key", key: event.key });
    }
  }, true);
}

// load starts the program while it arrives. A server names it by its content, so that the
// browser keeps it, and its compiled code, for ever; a plain folder of files has it packed as gzip,
// which is unpacked here, or as it is.
async function load(go) {
  const all = await fetch("assets.json", { cache: "no-cache" }).then(r => r.ok ? r.json() : {}, () => ({}));
  const known = all["viewer.wasm"];
  if (known) {
    const address = `viewer.wasm?v=${known.hash}`;
    if (kept() === known.hash) return WebAssembly.instantiateStreaming(fetch(address), go.importObject);
    const started = await start(go, await wanted(address), known.decoded);
    keep(known.hash);
    return started;
  }
  const packed = all["viewer.wasm.gz"];
  let response = await fetch(packed ? `viewer.wasm.gz?v=${packed.hash}` : "viewer.wasm.gz");
  if (!response.ok) response = await wanted("viewer.wasm");
  return start(go, response, packed?.decoded);
}

async function wanted(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(await response.text() || `the server answers ${response.status} for ${address}`);
  return response;
}

// start counts the bytes of the unpacked program as they come: the length a server sends may be that of a packed one.
async function start(go, response, total) {
  let read = 0;
  const counted = (await unpacked(response.body)).pipeThrough(new TransformStream({
    transform(chunk, out) {
      read += chunk.byteLength;
      shell({ type: "loading", share: total ? Math.min(1, read / total) : 0, bytes: read });
      out.enqueue(chunk);
    },
  }));
  const program = new Response(counted, { headers: { "Content-Type": "application/wasm" } });
  return WebAssembly.instantiateStreaming(program, go.importObject);
}

// unpacked looks at the first bytes: some hosts unpack a .gz on the way, some do not.
async function unpacked(body) {
  const reader = body.getReader();
  const first = await reader.read();
  const whole = new ReadableStream({
    start(out) { if (first.done) out.close(); else out.enqueue(first.value); },
    async pull(out) {
      const { done, value } = await reader.read();
      if (done) out.close(); else out.enqueue(value);
    },
    cancel(reason) { return reader.cancel(reason); },
  });
  const gzip = first.value?.[0] === 0x1f && first.value?.[1] === 0x8b;
  return gzip ? whole.pipeThrough(new DecompressionStream("gzip")) : whole;
}

// Which program this browser ran last, and so has kept: then there is nothing to wait for or to count.
function kept() { try { return localStorage.getItem("viewer"); } catch { return null; } }
function keep(hash) { try { localStorage.setItem("viewer", hash); } catch { /* asked not to keep anything */ } }


try {
  const go = new Go();
  const { instance } = await load(go);
  await go.run(instance);
  shell({ type: "failed", text: "its program ended" });
} catch (error) {
  shell({ type: "failed", text: String(error.message || error) });
}
