// Package e2e drives the built viewer in a headless browser against the real server:
// against a generated run by default, against a server that is already up when
// RETA_VIEWER_URL names it. RETA_SHOTS=DIR keeps a screenshot of every scene there.
package e2e
