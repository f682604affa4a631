// Package web shows a run in the browser: a hub that conflates the run's events for every viewer, and an HTTP server
// with the embedded viewer page and the websocket.
//
//	server, err := web.Listen(web.Options{Build: version}) // the port is ours, or the error says what to do
//	if err != nil {
//		return err
//	}
//	go server.Serve()
//	defer server.Shutdown(ctx)
//	fmt.Println("open", server.URL())
//
//	hub := server.Hub()
//	hub.Publish(event.Hello{Run: name, Classes: classes, Steps: 2000, Stages: 4})
//	for step := range 2000 {
//		select {
//		case r := <-hub.Controls():
//			r.Answer(obey(r.Control))
//		default:
//		}
//		hub.Publish(event.Metrics{Points: []event.Point{losses}})
//		if hub.Wants(event.TopicImages, class) {
//			hub.Publish(event.Images{Step: step, Class: class, ...})
//		}
//	}
//
// # The hub
//
// Publish stores a pointer and wakes writers; it never encodes, waits or blocks. Pictures, clouds and states are kept
// by item (kind, class, block), newest wins; each viewer has one goroutine that, while the viewer has credits, takes
// the newest frame of each item it lacks. A frame is encoded once, when the first viewer takes it. Loss points are
// kept in a bounded history from which each viewer takes batches; who keeps up loses none, who comes late gets the
// distant past thinned. Log lines are a window of 1024; a viewer that falls behind it is closed with 1013. So a slow
// viewer costs the server keys, not copies, and a hidden page, which unsubscribes, costs nothing.
//
// A viewer whose connection was cut says what it holds of the run (event.Resumption), item by item with numbers of
// publication, and gets the rest. One ring of all changes with one position in it would not do: newest wins, so two
// viewers at the same number lack different things, and the ring would keep every picture that was replaced. So the hub remembers
// nothing of those who left, and a server that started again, which has another run number, sends its state anew.
//
// # Routes
//
//	/             the page; other files of it by name
//	/assets.json  hash, size and decoded size of each file: load NAME?v=HASH and the browser keeps it for ever
//	/viewer.wasm  the program, as brotli, gzip or unpacked, as the browser asks
//	/ws           websocket, subprotocol event.Protocol; asked for without upgrade, ?page=ADDRESS says why that page gets none
//	/state        Summary, JSON, for scripts
//	/recording    the recording as of now, closed by its index, by ranges too; /recording/index its index alone
//	/metrics      counts and sizes, in Prometheus' text format
//	/healthz      "ok", "paused", "failed" or "stalled", the last two with status 503; it asks for no token
//	/launch       exchanges a launch link's token for a session cookie
//
// All addresses in the page are relative, so that it works under any path of a proxy. Options.PublicURL is the address
// that browsers see there, with or without whose path the proxy may pass requests on. A page that was opened under an
// address the server was not given loads all the same, gets no socket, and says which flag is missing; so does the
// terminal (Options.Notify).
//
// # Threat model
//
// What is protected: control of the run, and the images and names of a data set that may be private.
//
// Other machines. The server binds to loopback. Listening elsewhere needs TLS, or Insecure to accept that the network
// can read along, and always a token.
//
// Web pages of others, in the user's own browser. A page may name this server under a foreign name that resolves to
// 127.0.0.1 (DNS rebinding): the Host header must be an address, "localhost", or the host of a named origin. A page may
// open a websocket across origins: the Origin must be exactly this server as the browser sees it, or a named origin; only
// the files of the page, which tell nothing of the run, are given whatever the Origin. A page may embed pictures and
// scripts of ours: cross-site fetches are refused, and framing, sniffing and foreign readers by headers. No
// Access-Control header is ever sent, only GET and HEAD are answered, and the cookie is SameSite=Strict.
//
// Programs without a browser send what they like. Without Origin header a websocket needs a token in its
// Authorization header, which no page can set.
//
// Other users of the same machine can reach a loopback port, and so can everybody for whom a proxy runs there. So every
// route but /healthz and /launch wants a session or a bearer token, with one exception, so that the plain address just
// works in the browser on this machine: a direct request of the user who runs the server. Who holds the other end of a
// loopback connection the kernel says (Linux; elsewhere there is no exception). Not direct is a request that says a proxy
// passed it on, and one to another port: Jupyter's proxy passes sockets on without a word, but with the Host that the
// browser named; and one by a known relay of bytes, such as ssh, whose remote end ssh -R opens. Options.Token takes the
// exception back. It is needed where a program of this user's that is not known here passes on what strangers send as they
// send it.
//
// Tokens are 256 random bits, kept as hashes where they are looked up, compared in constant time, and never logged. A
// control link opens one browser; a view link any number, which can look but not control. Not protected against: another
// server on the same host name sees this cookie when the same browser visits it, for cookies know no ports; and a
// user who can read this process's memory or terminal.
//
// Hostile viewers. Messages from viewers are at most 64 KiB, uncompressed, at most 2000 a second; headers, idle
// connections, writes and missing pongs time out; there are at most 16 viewers and 256 connections. A viewer that takes
// nothing costs the message on its way and is let go when the write times out, 10 s; one that only sends, when it has
// not answered a ping, 60 s. Where all places are taken, a viewer who controls the run gets that of one who does not,
// and a new connection that of an idle or slow one, of the address that has the most: nobody is kept waiting by others
// for longer than 5 s. Bytes of the page's program are shared, packed or not.
package web
