// Package manual writes the documents that are made of the program itself: a page for
// man(1) of each command and of the configuration, and the same in Markdown. What
// they say is the help of the commands and the declarations of the keys; nothing is
// told twice. cobra's own writer is not used: it gives flags as --json[=false], and
// reads the text of the help as Markdown, which it is not.
package manual
