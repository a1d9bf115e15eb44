// engine/internal/flows.h: the implementation behind engine/flow.h.
#pragma once

#include <memory>

#include "engine/flow.h"

namespace tarn::engine {

struct SessionState;

// `session` is borrowed and must outlive the runner.
std::unique_ptr<FlowRunner> MakeFlowRunner(SessionState &session);

}  // namespace tarn::engine
