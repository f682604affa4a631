//go:build js

// Command viewer is the page's drawing: a WebAssembly program in a frame of the page
// that server/web serves. It reads the run's events from a websocket, keeps their
// state and draws it; the page around it holds all controls and words.
package main

import (
	"log"
	"runtime/debug"
	"syscall/js"

	"github.com/hajimehoshi/ebiten/v2"

	"reta/viewer/app"
	_ "reta/viewer/scenes"
)

// memoryLimit makes the collector work harder before the tab's memory grows, which in
// WebAssembly never shrinks again.
const memoryLimit = 512 << 20

func main() {
	debug.SetMemoryLimit(memoryLimit)
	g := &game{viewer: app.New(), canvas: newCanvas()}
	g.past = newPast()
	g.viewer.Time.SetWake(wake)
	if file, alone := recording(); alone {
		g.viewer.Standalone(file != "")
		if file != "" {
			g.past.open(file)
		}
	} else {
		g.socket = newSocket()
	}
	g.pointer = listen(g.viewer.Scrolls)
	g.page = openPage(g.viewer)
	//lint:ignore SA1019 a frame is drawn only when something changed; the successor draws nothing but runs on
	ebiten.SetFPSMode(ebiten.FPSModeVsyncOffMinimum)
	ebiten.SetScreenClearedEveryFrame(false)
	if err := ebiten.RunGame(g); err != nil {
		log.Fatal(err)
	}
}

// recording is the recording that stands beside a page without a server, "" for none; not alone when there is a server.
func recording() (address string, alone bool) {
	root := js.Global().Get("parent").Get("document").Get("documentElement")
	if file := root.Call("getAttribute", "data-recording"); file.Type() == js.TypeString {
		return file.String(), true
	}
	return "", false
}
