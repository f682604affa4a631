//go:build js

package main

import (
	"bytes"
	"image"
	"image/png"
	"syscall/js"

	"github.com/hajimehoshi/ebiten/v2"

	"reta/viewer/app"
)

// save writes what was asked for as files of the user: the screen that was just drawn, or the scene's data.
func (g *game) save(screen *ebiten.Image) {
	for _, what := range g.viewer.TakeExports() {
		var data []byte
		var err error
		kind := "text/csv"
		switch what {
		case "csv":
			data, err = g.viewer.CSV()
		case "png":
			kind = "image/png"
			data, err = picture(screen)
			data = app.WithAbout(data, g.viewer.About())
		default:
			continue
		}
		if err != nil {
			g.viewer.Say("Not saved: "+err.Error(), true)
			wake()
			continue
		}
		name := g.viewer.FileName(what)
		download(name, kind, data)
		g.viewer.Say("Saved "+name, false)
		wake()
	}
}

// picture is an image as PNG.
func picture(screen *ebiten.Image) ([]byte, error) {
	b := screen.Bounds()
	m := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	screen.ReadPixels(m.Pix)
	var out bytes.Buffer
	err := png.Encode(&out, m)
	return out.Bytes(), err
}

// download hands data to the browser as a file.
func download(name, kind string, data []byte) {
	window := js.Global()
	content := window.Get("Uint8Array").New(len(data))
	js.CopyBytesToJS(content, data)
	blob := window.Get("Blob").New([]any{content}, map[string]any{"type": kind})
	address := window.Get("URL").Call("createObjectURL", blob)
	link := window.Get("document").Call("createElement", "a")
	link.Set("href", address)
	link.Set("download", name)
	link.Call("click")
	var free js.Func
	free = js.FuncOf(func(js.Value, []js.Value) any {
		window.Get("URL").Call("revokeObjectURL", address)
		free.Release()
		return nil
	})
	window.Call("setTimeout", free, 60000)
}
