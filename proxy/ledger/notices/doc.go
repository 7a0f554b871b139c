// Package notices is what operators are to be told, kept until somebody has told them.
//
// Invariants:
//
//   - News is kept with what it tells of, in one transaction: neither is there without the
//     other.
//   - One of several proxies delivers it. Where that one dies in between, another does after
//     a minute; so a receiver may get it twice, with the same ID, and never not at all.
//   - Of one subject and kind there is one row, however often it happens and however long
//     nobody can be told.
//   - What is over before anybody could be told of it, since it was told of a moment ago, is
//     not told: neither that it began again nor that it ended.
package notices
