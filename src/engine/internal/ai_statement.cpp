#include "engine/internal/ai_statement.h"

#include <charconv>
#include <cmath>

namespace tarn::engine {
namespace {

const std::string *Setting(const SessionState &session, const std::string &key) {
    for (auto &[name, value] : session.settings) {
        if (EqualsIgnoreCase(name, key)) return &value;
    }
    return nullptr;
}

Result<double> Number(const std::string &key, const std::string &text, double least) {
    double value = 0;
    auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed == std::errc() && end == text.data() + text.size() && std::isfinite(value) && value >= least && value < 1e9) return value;
    return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "The setting " + key + " is a number of at least " + (least > 0 ? "1" : "0") + ", not '" + text + "'.");
}

// The endpoint `default`, or the only one there is.
std::string DefaultEndpoint(const ai::Settings &settings) {
    if (settings.endpoints.contains("default")) return "default";
    return settings.endpoints.size() == 1 ? settings.endpoints.begin()->first : kLocalEndpoint;
}

}  // namespace

Result<std::unique_ptr<AiLease>> AiLease::Open(SessionState &session) {
    ai::Service &service = *session.engine.ai;
    ai::Budget budget = service.settings().budget;
    // A session may change its own statements' cap; the others are the root's.
    if (auto *cap = Setting(session, "tarn.ai.budget.query")) { TARN_TRY(budget.query, Number("tarn.ai.budget.query", *cap, 0)); }
    auto statement = std::make_shared<AiStatement>(service, session.caller, budget);
    statement->endpoint = DefaultEndpoint(service.settings());
    if (auto *endpoint = Setting(session, "tarn.ai.endpoint")) {
        statement->endpoint = *endpoint;
        if (*endpoint != kLocalEndpoint) TARN_CHECK(service.Endpoint(*endpoint));
    }
    if (auto *parallel = Setting(session, "tarn.ai.parallel")) {
        TARN_TRY(double number, Number("tarn.ai.parallel", *parallel, 1));
        statement->parallel = static_cast<int>(std::min(number, 256.0));
    }
    return std::unique_ptr<AiLease>(new AiLease(session, std::move(statement)));
}

AiLease::AiLease(SessionState &session, std::shared_ptr<AiStatement> statement)
    : session_(session), statement_(std::move(statement)), lease_(session.engine.ai_statements, statement_) {}

AiLease::~AiLease() {
    std::string models;
    for (const std::string &model : statement_->meter.local_models()) models += (models.empty() ? "" : ", ") + model;
    // Whoever never takes the notes does not gather them.
    if (session_.notes.size() > 100) session_.notes.clear();
    if (!models.empty()) {
        session_.notes.push_back("answered by local models (" + models + "), no AI endpoint was asked; docs/ai.md says how to configure one");
    }
    // A statement that did its work does not fail over its records.
    auto recorded = statement_->service.Finish(statement_->meter);
    if (!recorded) session_.notes.push_back("the use of AI functions could not be recorded: " + recorded.error().message);
}

}  // namespace tarn::engine
