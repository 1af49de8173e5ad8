// Package browser drives the console with Chromium, as a reader would.
//
// With LAB_BROWSER=1 it starts a lab of its own on free ports. With
// LAB_CONSOLE_URL it looks at that console (without a slash at the end), whose
// generator must be running the tour. A test that fails leaves a screenshot among its artifacts: with go test
// -artifacts they are kept.
//
// With -screenshots DIR the pictures of the documentation are made there.
package browser
