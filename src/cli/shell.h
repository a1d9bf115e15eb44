// cli/shell.h: the interactive shell of `tarn sql`, on libedit: history, completion, statements over several lines.
#pragma once

#include "cli/output.h"
#include "engine/engine.h"
#include "engine/session.h"

namespace tarn::cli {

// Runs until Ctrl-D or \q. Returns the exit status.
int RunShell(engine::Engine &engine, engine::Session &session, Format format);

}  // namespace tarn::cli
