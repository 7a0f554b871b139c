// Package metrics is what operators see of a running popbridge: counts for
// Prometheus, and over HTTP whether it is alive and ready.
//
// Invariants:
//
//   - There is no package-level state: each Metrics has a registry of its own.
//   - No label holds what a device or a server has said. Listeners and upstreams
//     are the configuration's labels; verbs, results, codes and actions are of
//     fixed lists. So the number of series is bounded, and none is of an account.
//   - What is counted for each command or message is a series that was looked up
//     when the session or the connection began: counting allocates nothing.
//   - Series exist, at zero, before they count for the first time: increase()
//     does not see the first step of a series that was not there.
package metrics
