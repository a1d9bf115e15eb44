// ai/service.h: asks models: many questions at a time, each paid for once, never beyond a budget.
//
// Texts to embed go several to a call. A batch's answers come from the cache (ROOT/ai.db) where an equal question was answered before, by any process of the
// root; equal questions in flight are asked once. Before each call its highest cost (the text's bytes, the most tokens of
// the answer, the model's price) is reserved in all three budgets; where calls in flight hold what is missing, it waits for
// them. A paid answer is on disk before it is handed out: a statement that is killed or stopped by a budget goes on where it
// was when it is run again.
// Threads: a Service is shared by all; a Meter is shared by the threads of one statement.
// Errors: AI_BUDGET_EXCEEDED; those of internal/client.h; no API key ever stands in one.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "ai/question.h"
#include "ai/records.h"
#include "ai/settings.h"
#include "base/error.h"
#include "storage/http.h"

namespace tarn::ai {

class Client;
class Pace;
class Store;
struct Reservation;

// What one SQL statement spends and is told.
class Meter {
public:
    // `caller` stands in the usage rows. `query_cap`: of this statement; `day_cap` and `project_cap` hold for everybody.
    Meter(std::string caller, Budget budget) : caller_(std::move(caller)), budget_(budget) {}

    const std::string &caller() const { return caller_; }
    const Budget &budget() const { return budget_; }
    // Answers that cost nothing, to be recorded when the statement ends. Threads: any.
    void CountFree(const std::string &function, const std::string &endpoint, const std::string &model, bool cached, int64_t calls);
    // The rows counted so far; forgets them.
    std::vector<UsageRow> TakeFree();
    // Names of local models that answered, for a note to the user.
    std::set<std::string> local_models() const;

    // This statement's own cap: false when `amount` does not fit beside what is spent and reserved.
    bool Reserve(NanoUsd amount);
    void Settle(NanoUsd reserved, NanoUsd spent);
    NanoUsd spent() const;
    bool waiting_can_help(NanoUsd amount) const;  // Calls of this statement in flight hold what is missing.

private:
    const std::string caller_;
    const Budget budget_;
    mutable std::mutex mutex_;
    NanoUsd spent_ = 0, reserved_ = 0;
    std::map<std::string, UsageRow> free_;
    std::set<std::string> local_models_;
};

struct AskOptions {
    bool stop_at_error = true;  // The first error ends the batch: the rest is not asked.
    int parallel = 0;           // 0: the endpoint's.
    std::function<bool()> stop = [] { return false; };  // The statement was cancelled.
};

class Service {
public:
    // The value of the secret scope/key. Errors: those of the store.
    using KeySource = std::function<Result<std::string>(const std::string &scope, const std::string &key)>;
    Service(std::filesystem::path root, Settings settings, KeySource keys, storage::HttpTransport transport = storage::CurlExchange);
    ~Service();

    const Settings &settings() const { return settings_; }
    // Errors: RESOURCE_DOES_NOT_EXIST, with what to write into tarn.yml.
    Result<const EndpointSettings *> Endpoint(const std::string &name) const;

    // One result for each question, in their order. With `stop_at_error` those after the first error may be copies of it.
    // AI_BUDGET_EXCEEDED, a missing key or price, and cancellation always end the batch.
    std::vector<Result<std::string>> Ask(const EndpointSettings &endpoint, Meter &meter, const std::vector<Question> &questions, const AskOptions &options);

    // Writes the meter's free answers down. The statement is over.
    Result<void> Finish(Meter &meter);

    // Rows after number `after` (0: from the start), oldest first; none: the end. `after` moves on.
    Result<std::vector<UsageRow>> ReadUsage(int64_t &after, int limit);
    Result<std::vector<CacheRow>> ReadCache(int64_t &after, int limit);

private:
    struct Batch;
    struct Call;
    // Tells threads with the same question in flight apart from the one that asks it.
    class InFlight;

    Result<Store *> OpenStore();
    Pace &PaceOf(const std::string &base_url);
    Result<Reservation> SetAside(Batch &batch, NanoUsd most);
    std::vector<Result<std::string>> Pay(Batch &batch, const std::vector<size_t> &group);
    std::vector<Result<std::string>> PayInTurn(Batch &batch, const std::vector<size_t> &group);
    void Answer(Batch &batch, const std::vector<size_t> &group);
    Result<std::string> AnswerLater(Batch &batch, size_t index);
    void Work(Batch &batch);

    const std::filesystem::path root_;
    const Settings settings_;
    const KeySource keys_;
    std::unique_ptr<Client> client_;
    std::unique_ptr<InFlight> in_flight_;
    std::mutex mutex_;  // For the two below.
    std::unique_ptr<Store> store_;
    std::map<std::string, std::unique_ptr<Pace>> paces_;
};

// An embedding as a JSON array.
std::string EmbeddingJson(const std::string &floats);
// The cosine of two embeddings as a similarity of 0 to 1. Errors: AI_FUNCTION_INVALID_HTTP_RESPONSE for lengths that differ.
Result<double> CosineSimilarity(const std::string &a, const std::string &b);

}  // namespace tarn::ai
