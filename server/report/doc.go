// Package report says what runs came to: in text, as a page, as tables for a paper, and as files for other programs.
//
//	r, err := report.Read("runs/reta")
//	err = report.Text(os.Stdout, []*report.Run{r}, false)
//	page, err := report.HTML([]*report.Run{r})      // one file, with all plots and images in it
//	tables, err := report.LaTeX([]*report.Run{r})
//	files, err := report.CSV([]*report.Run{r})      // by name
//
// All of it comes from the run's log and the settings beside it. A table of people's figures (table) is made once and printed,
// set in HTML and set in LaTeX; CSV has the numbers as they are, a row an observation. What students show is concluded by
// shared/trial alone.
package report
