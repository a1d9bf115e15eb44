// engine/internal/ai_statement.h: what the ai_* functions of one statement share.
//
// The first ai_* call of a statement opens one; its number stands in the generated text, tarn_ai_summarize(3, …). When the
// statement ends, what cost nothing is recorded, and the session learns which local models answered.
#pragma once

#include <memory>
#include <string>

#include "ai/service.h"
#include "engine/internal/state.h"

namespace tarn::engine {

struct AiStatement {
    AiStatement(ai::Service &service, std::string caller, ai::Budget budget) : service(service), meter(std::move(caller), budget) {}

    ai::Service &service;
    ai::Meter meter;
    std::string endpoint;  // Of the functions that name none; "local": the models of ai/local.
    int parallel = 0;      // 0: as the endpoint says.
};

inline constexpr char kLocalEndpoint[] = "local";

// Lives as long as the statement's result.
class AiLease {
public:
    // What SET tarn.ai.… says holds from the statement's start. Errors: INVALID_PARAMETER_VALUE for a setting.
    static Result<std::unique_ptr<AiLease>> Open(SessionState &session);
    ~AiLease();
    uint64_t handle() const { return lease_.handle(); }

private:
    AiLease(SessionState &session, std::shared_ptr<AiStatement> statement);

    SessionState &session_;
    std::shared_ptr<AiStatement> statement_;
    AiStatements::Lease lease_;
};

}  // namespace tarn::engine
