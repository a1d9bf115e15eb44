// engine/internal/optimize.h: small files become large ones after a write, where a table asks for it.
#pragma once

#include "engine/internal/statement_context.h"

namespace tarn::engine {

// delta.autoOptimize.autoCompact: partitions of `target`'s snapshot with 50 small files or more are compacted in a commit of
// their own. A failure is a warning; losing a race to another writer is not even that.
void AutoCompact(SessionState &session, const TargetTable &target);

}  // namespace tarn::engine
