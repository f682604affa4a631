// Package event is the one vocabulary of a run: what the engine emits (its state, losses, images, clouds of
// features, anchors, results) and what a viewer asks (subscriptions, credits, controls).
//
// The engine emits events as plain values; the hub of server/web sends them to browsers, LogFile keeps them on disk,
// and the viewer draws them: the same bytes everywhere, so a finished run replays without the engine.
//
//	emit(event.Status{State: event.Recovering, Text: "stage 2 of 4", Done: 120, Total: 400})
//	emit(event.Metrics{Points: []event.Point{{Step: 120, Stage: 1, LR: 0.2, CE: 1.7, BN: 40, Topo: 0.3, Total: 2.2}}})
//	emit(event.Images{Step: 120, Stage: 1, Class: 3, Count: 2, Width: 32, Height: 32, Pixels: rgb})
//
//	data, err := event.Encode(event.Message{Seq: 9, Run: epoch, Event: event.Log{Text: "hello"}})
//	m, err := event.Decode(data)
//	switch e := m.Event.(type) {
//	case event.Images:
//		draw(e.Image(0), e.Width, e.Height)
//	}
//
// An event that was emitted is never written to again: its slices (pixels, points) belong to whoever receives it.
//
// # The wire
//
// Subprotocol [Protocol]. A message is one CBOR map with integer keys {1: kind, 2: seq, 3: run, 4: step, 5: body};
// the body is a map with integer keys too. A reader ignores keys it does not know and skips kinds it does not know
// ([ErrUnknownKind]); numbers of kinds and keys are never reused, so old recordings stay readable. The decoder
// bounds size, depth and counts before it allocates, and every decoded event was checked: pixel counts fit the
// sizes, indices lie inside their sets.
//
// # The recording
//
// A recording is the file that LogFile writes and OpenRecording reads: "RETALOG" and a byte, the version (1), then
// records to the end of the file. A record is the length of a message and the CRC32C of that length and the message
// (4 bytes each, little-endian), and the message as on the wire. [Entry] names a record, [Item] what it is the state of.
//
// A closed log ends with its index, in records too: [IndexPart] messages of up to 32768 entries each, and one last
// IndexPart with the foot alone, 28 bytes: offset of the first index record (8), number of entries (8), CRC32C of the
// index records before the foot (4), "RETAIDX" and the byte 1; numbers little-endian. Its record is always 50 bytes, so
// that a reader finds it from the end of the file. The numbers of seq, run and step of index messages are 0. An index
// that is missing, fails a checksum or does not cover the file up to itself is rebuilt by reading everything; then a
// record that is cut short or damaged ends what can be read (ErrTorn). Appending takes the index off first. A reader of
// an older build passes over the index as over any kind it does not know.
//
//	c, err := event.OpenRecording(file, size)
//	for _, entry := range c.Index().At(120) { // what the state was at step 120
//		m, err := c.Read(entry)
//	}
//
// # Flow
//
// A browser cannot push back on a socket, so the viewer grants credits. After [Hello] it sends one [Subscribe] with
// all it wants to see (an empty one when the page is hidden) and a [Credit] per topic; the server spends one credit
// per message and sends only the newest state of each item. Metrics are collected in batches and never lost;
// events ([TopicEvents]) need no credit. Each [Control] is answered once by an [Ack] with its ID.
//
// A viewer whose connection was lost sends a [Resumption] between Hello and Subscribe when Hello names the run it
// holds already; [Ledger] makes it. It says item by item ([ItemOf]) which message the viewer has, for after newest-wins
// no single number could, and which points and log lines were the last. The server sends the rest; it keeps nothing of viewers that
// left. What it cannot go on from, it sends as to a new viewer: log lines that left its window bring the newest 200, points
// that were thinned come thinned and are counted in [Flow]. A Hello of another run means: forget all.
//
// # Steering
//
// [Settings] lists the numbers a viewer may change, with bounds and present values; it comes when a stage begins and
// after every change. A viewer asks with Control{Op: [SetValue], Name, Value} or {Op: [Undo]}; what is carried out is
// emitted as a [Change] with the step after which it holds.
package event
