package lessons

import (
	"fmt"

	"reta/shared/event"
	"reta/shared/trial"
	"reta/viewer/panel"
	"reta/viewer/scenes/evaluation"
	"reta/viewer/ui"
)

func init() {
	register(lesson{name: "labels", title: "Is it the images or the labels?", line: "What a small set is worth, and how one would know: controls, errors, and honest tests.", minutes: 8, order: 7,
		pages: labelPages, cover: func() coverFigure {
			return coverFigure{newPlane(newWorld(), event.Distilled, event.SoftLabels), armEpochs}
		}})
}

func labelPages() []lessonPage {
	w := newTaughtWorld()
	rows := trial.Rows(w.trials)
	mean := func(images, labels string) string { return share(trial.Find(rows, images, labels, "toy").Last.Mean) }
	hardGap, softGap := gap(w, event.HardLabels, seeds), gap(w, event.SoftLabels, seeds)
	few := gap(w, event.SoftLabels, seedsFew)
	tested := &bestFigure{}
	for seed := 1; seed <= seeds; seed++ {
		tested.all = append(tested.all, w.accuracies(seed))
	}
	rank := trial.Rank(rows, "toy")
	soft := newSoft(w)
	at := func(temperature float64) string {
		label := soft.label(temperature)
		return fmt.Sprintf("%.2f, %.2f and %.2f", label[0], label[1], label[2])
	}
	heat := func(from, rest, reveal float64) *slider {
		return &slider{label: "Temperature T", min: 1, max: 20, from: from, rest: rest, reveal: reveal, ticks: []panel.Tick{{At: temperature, Role: "anchor"}}}
	}
	return []lessonPage{
		{
			title: "A student on few points",
			words: []string{
				fmt.Sprintf("A small set is worth what somebody **learns** from it. So one trains a new network on it from scratch, a *student*, and tests it on data that it has never seen. Here the data are points in a plane, in three curved arms, %d of each; the small set is the **%d large dots**, three of each arm.", armPoints, armClasses*setPoints),
				"The ground shows what the student answers at every place. Move the epoch and watch it learn. This world is a toy, small enough to train all students of this lesson in your browser while it opens.",
				"The large dots were *made*: each is the mean of the real points around it (k-means). They stand for distilled images. What else could stand there?",
			},
			figure: newPlane(w, event.Distilled, event.SoftLabels),
			slider: &slider{label: "Epoch", max: armEpochs, whole: true, from: 0, rest: armEpochs, reveal: armEpochs},
		},
		{
			title: "Hard and soft labels",
			words: []string{
				"A **hard label** names the class of an image, and no more. A **soft label** is what a *teacher*, a network trained on all the real data, thinks of it: a probability for every class. The ring marks a point between two arms.",
				"The teacher's outputs are divided by a *temperature* T before they become probabilities (softmax). FADRM and SRe2L train their students with T = 20, this toy with 4.",
			},
			question: &question{
				ask:     "What does a high temperature do to the soft label?",
				options: []string{"It makes the largest larger: the label turns hard", "It brings the classes together, in the same order", "It mixes up their order"},
				right:   1,
				why:     fmt.Sprintf("At T = 1 the label is %s; at T = 20 it is %s. The order stays, and the differences become small: now the student hears how *wrong* each wrong class is.", at(1), at(20)),
			},
			after: []string{
				"And not once: each epoch shows the student another *view* of an image (a crop, a flip, a mixture) with the teacher's label **of that view**. In the toy a view is a place beside the point. So soft labels carry what the teacher knows about the whole neighbourhood, whatever the point itself is worth.",
			},
			figure: soft,
			slider: heat(1, 1, 20),
		},
		{
			title: "The random control",
			words: []string{
				fmt.Sprintf("%d made points with hard labels train students to %s, as many **random real** points with hard labels to %s. The made ones lead by %s: well made!", armClasses*setPoints, mean(event.Distilled, event.HardLabels), mean(event.Random, event.HardLabels), evaluation.InWords(hardGap)),
				"Now all get soft labels, the same teacher's for both sets. The made points reach " + mean(event.Distilled, event.SoftLabels) + ".",
			},
			question: &question{
				ask:     "What becomes of the lead over random points?",
				options: []string{"It stays as it was: the points are the same", "Less than half of it is left", "Random points lead now"},
				right:   1,
				why: fmt.Sprintf("Random points with soft labels come to **%s**: what is left of the lead is %s. The rest of it the labels gave, and they give it to any points.",
					mean(event.Random, event.SoftLabels), evaluation.InWords(softGap)),
			},
			after: []string{
				"Qin et al. (*A Label is Worth a Thousand Images*, 2024) found the like with images: with good soft labels random real images come close to distilled ones. So an accuracy alone does not say that the *images* are good. It takes **the control**: as many random real images, with the same labels.",
				"A second control asks what the *optimisation* added: the **patches**, real crops of images, with which it began, before any step. A third is the same images with hard labels; the whole training set shows how far all are from the best.",
			},
			figure: &rowsFigure{trials: w.trials, hidden: func(r *trial.Row) bool { return r.Images == event.Random && r.Labels == event.SoftLabels }},
		},
		{
			title: "How sure is that?",
			words: []string{
				"Train again with another *seed* (other first weights, another order, other random points), and the accuracy is another. The mean of several seeds is better known, by its **standard error**: their deviation divided by the square root of their number.",
				fmt.Sprintf("With %d seeds the difference with soft labels is: **%s**. A difference below two standard errors is called *not shown* here. That is no proof that there is none.", seedsFew, evaluation.InWords(few)),
			},
			question: &question{
				ask:     fmt.Sprintf("From %d seeds to %d, four times as many: what happens to the standard error, about?", seedsFew, seeds),
				options: []string{"It stays: the noise is what it is", "It halves", "It is a quarter"},
				right:   1,
				why:     fmt.Sprintf("The square root of four is two: from %.1f points to **%.1f**. And the verdict with %d seeds: %s.", 100*few.SE, 100*softGap.SE, seeds, evaluation.InWords(softGap)),
			},
			after:  []string{"So a table whose differences are smaller than its errors shows no order, however many digits it has. And mind what a seed changes: several students on **one** distilled set leave out what another run of the method would give."},
			figure: &seedsFigure{w: w},
			slider: &slider{label: "Seeds", min: 2, max: seeds, whole: true, from: 2, rest: seedsFew, reveal: seeds, ticks: []panel.Tick{{At: seedsFew, Role: "anchor"}}},
		},
		{
			title: "The best epoch flatters",
			words: []string{
				"While a student trains, its accuracy goes up and down. Some tables take the last test, others the **best** of all tests. The best is chosen by looking at the very test data that should judge.",
				"The strong line is one student, tested on 60 points. Move the number of tests.",
			},
			question: &question{
				ask:     "Two methods are compared, each by its best epoch. One was tested after every epoch, the other once in ten. Is that fair?",
				options: []string{"Yes: both get their best", "No: who is tested oftener gains more", "No: who is tested rarely gains more"},
				right:   1,
				why:     fmt.Sprintf("The highest of many noisy numbers is too high, the more the more there are: by %.1f points with %d tests here, by %.1f with 2. Who fluctuates more gains more, too.", 100*tested.flattery(armEpochs), armEpochs, 100*tested.flattery(2)),
			},
			after:  []string{"Compare *last* with *last*. This program prints both, and draws its conclusions from the last."},
			figure: tested,
			slider: &slider{label: "Tests", min: 1, max: armEpochs, whole: true, from: 1, rest: 1, reveal: armEpochs},
		},
		{
			title: "One number: LRS",
			words: []string{
				"DD-Ranking packs two controls into one score. **IOR**, improvement over random: distilled minus random images, both with soft labels. **HLR**, hard-label recovery: the whole set minus the distilled images, both with hard labels. The first should be large, the second small.",
				"Then a = (IOR − HLR) / 2, with accuracies as fractions, and the *label-robust score* is **LRS = (eᵃ − 1/e) / (e − 1/e)**, from 0 to 1.",
				fmt.Sprintf("The toy has IOR %.1f points and HLR %.1f: a is %.3f and LRS %s. A set that is worth no more than random points and loses nothing with hard labels has a = 0, where the score is %s; so read it against that, and not against 0 or 1.", 100*rank.IOR, 100*rank.HLR, 0.5*rank.IOR-0.5*rank.HLR, ui.Number(rank.LRS), ui.Number(trial.Score(0))),
			},
			figure: &scoreFigure{of: rank},
			slider: &slider{label: "a", max: 2, from: 0, rest: 1, reveal: 1, text: func(v float64) string { return ui.Number(v - 1) }, ticks: []panel.Tick{{At: 1 + 0.5*rank.IOR - 0.5*rank.HLR, Role: "syn"}}},
		},
		{
			title:  "And this run?",
			words:  []string{"What you have seen is a toy. Whether the *images* of a real run are worth something only its own students can tell."},
			figure: &runFigure{},
			scene:  "evaluation",
		},
	}
}

// seedsFew is how many seeds many tables have.
const seedsFew = 4
