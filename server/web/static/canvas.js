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

// load fetches the compressed program, so that Content-Length and the bytes read
// agree and the progress bar tells the truth, and unpacks it on the way.
async function load(go) {
  const response = await fetch("viewer.wasm.gz");
  if (!response.ok) throw new Error(await response.text() || `the server answers ${response.status} for viewer.wasm.gz`);
  const total = Number(response.headers.get("Content-Length")) || 0;
  let read = 0;
  const counted = response.body.pipeThrough(new TransformStream({
    transform(chunk, out) {
      read += chunk.byteLength;
      shell({ type: "loading", share: total ? read / total : 0, bytes: read });
      out.enqueue(chunk);
    },
  }));
  const program = new Response(counted.pipeThrough(new DecompressionStream("gzip")), {
    headers: { "Content-Type": "application/wasm" },
  });
  return WebAssembly.instantiateStreaming(program, go.importObject);
}

try {
  const go = new Go();
  const { instance } = await load(go);
  await go.run(instance);
  shell({ type: "failed", text: "the viewer ended" });
} catch (error) {
  shell({ type: "failed", text: String(error.message || error) });
}
