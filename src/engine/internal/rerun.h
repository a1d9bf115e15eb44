// engine/internal/rerun.h: statements that lost a race are run again.
//
// A statement outside BEGIN ATOMIC is a change of its own: nobody has seen anything of an attempt that failed with a
// conflict, so running it again from the newest versions is what its user would do. Sessions of one process whose
// statements lost a race over the same table take turns, so that none of them starves; other processes are met with
// growing pauses.
// Threads: any.
#pragma once

#include <functional>
#include <type_traits>

#include "base/error.h"
#include "engine/internal/statements.h"
#include "sql/statement.h"

namespace tarn::engine {

// Whether a statement of this kind may be run again: what it does follows from the tables' newest versions alone.
template <class T>
constexpr bool kMayRunAgain = std::is_same_v<T, sql::Insert> || std::is_same_v<T, sql::Update> || std::is_same_v<T, sql::Delete> ||
                              std::is_same_v<T, sql::Merge> || std::is_same_v<T, sql::Truncate> || std::is_same_v<T, sql::Restore> ||
                              std::is_same_v<T, sql::AlterTable> || std::is_same_v<T, sql::AtomicBlock>;

// `run` until it does not lose a race, at most kMostRuns times. Errors: its last.
inline constexpr int kMostRuns = 12;
Result<ResultPtr> RunUntilItWins(SessionState &session, const std::function<Result<ResultPtr>()> &run);

}  // namespace tarn::engine
