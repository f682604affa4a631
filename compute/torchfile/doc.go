// Package torchfile reads the tensors of files that torch.save wrote (.pth, .pt): the zip form and the form of before
// PyTorch 1.6.
//
//	f, err := torchfile.Open("resnet18-f37072fd.pth")
//	defer f.Close()
//	weight, err := f.Float32("conv1.weight", 64, 3, 7, 7)
//
// Such a file holds a Python pickle, a program that builds objects and may call any function of Python. Here its
// instructions build tensors, dicts, lists, tuples, texts and numbers and nothing else: no function is ever called. Types
// that only carry data (a command's arguments, a number of NumPy) stay unread, and whatever else the pickle asks for is
// refused by name. Sizes are compared with the file before memory is taken for them, and a tensor is read when it is asked
// for.
package torchfile
