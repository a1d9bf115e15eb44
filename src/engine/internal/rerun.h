// engine/internal/rerun.h: statements that lost a race are run again.
//
// A statement outside BEGIN ATOMIC is a change of its own: nobody has seen anything of an attempt that failed with a
// conflict, so running it again from the newest versions is what its user would do. Sessions of one process whose
// statements lost a race over the same table take turns, so that none of them starves; other processes are met with
// growing pauses.
// Threads: any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>

#include "base/error.h"
#include "engine/result_set.h"
#include "sql/statement.h"

namespace tarn::engine {

struct SessionState;

// Whether a statement of this kind may be run again: what it does follows from the tables' newest versions alone.
template <class T>
constexpr bool kMayRunAgain = std::is_same_v<T, sql::Insert> || std::is_same_v<T, sql::Update> || std::is_same_v<T, sql::Delete> ||
                              std::is_same_v<T, sql::Merge> || std::is_same_v<T, sql::Truncate> || std::is_same_v<T, sql::CopyInto> ||
                              std::is_same_v<T, sql::Restore> || std::is_same_v<T, sql::AlterTable> || std::is_same_v<T, sql::AtomicBlock>;

// `run` until it does not lose a race, at most kMostRuns times. Errors: its last.
inline constexpr int kMostRuns = 12;
using RerunResult = Result<std::unique_ptr<ResultSet>>;
RerunResult RunUntilItWins(SessionState &session, const std::function<RerunResult()> &run);

// How many times this process has run a statement again.
int64_t StatementReruns();

}  // namespace tarn::engine
