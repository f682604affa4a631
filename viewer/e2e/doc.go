// Package e2e drives the built viewer in a headless browser against the real server, replays and generated runs. It opens
// whatever scenes the drawing tells the page of, and uses whatever controls and keys they have, so that a new scene needs
// no line here. RETA_SHOTS=DIR keeps a screenshot of every scene there, of the recording RETA_RECORDING if that is set.
package e2e
