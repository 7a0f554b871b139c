// Package checkup reads every row of a ledger, and tries what has to be true of it: that
// rows decode, that numbers are in their bounds, that what belongs to an account or a
// mailbox has one, that nothing is locked until some far day. What is found is a Finding,
// and some of it can be repaired.
//
// A repair does what a login does with such a row already, so that devices see no more of
// it than without, or what somebody would do by hand to let an account in again that the
// row locks out. It never makes up what was lost, and each Finding says what is lost with
// it. Nobody serves the ledger meanwhile.
package checkup
