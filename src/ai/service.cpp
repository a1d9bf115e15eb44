#include "ai/service.h"

#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <thread>

#include "ai/internal/client.h"
#include "ai/internal/store.h"
#include "secrets/redaction.h"

namespace tarn::ai {
namespace {

constexpr size_t kKeptInput = 500;  // Bytes of a question that system.ai.cache shows.
constexpr size_t kTextsOfCall = 64, kBytesOfCall = 100'000;  // Embedded in one call. Servers take hundreds of texts, and some 300,000 tokens.
constexpr auto kBudgetPoll = std::chrono::milliseconds(20);

std::string Hash(const std::string &text) {
    std::string hash(32, '\0');
    crypto_generichash(reinterpret_cast<unsigned char *>(hash.data()), hash.size(), reinterpret_cast<const unsigned char *>(text.data()), text.size(), nullptr, 0);
    return hash;
}

std::string Usd(NanoUsd amount) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", static_cast<double>(amount) / kNanoPerUsd);
    return text;
}

std::unexpected<Error> OverBudget(const char *period, double cap, NanoUsd spent, NanoUsd amount) {
    Error error = MakeError(ErrorKind::kInvalidInput, "AI_BUDGET_EXCEEDED",
                            std::string("The next call may cost ") + Usd(amount) + " USD; with " + Usd(spent) + " USD spent it does not fit into the budget of " +
                                Usd(static_cast<NanoUsd>(cap * kNanoPerUsd)) + " USD for one " + period + ".");
    error.remedy = std::string("What was paid for is kept: raise the cap and run the statement again, and it goes on from there. ") +
                   (std::strcmp(period, "query") == 0 ? "SET tarn.ai.budget.query = …, or ai: {budget: {query: …}} in ROOT/tarn.yml." : std::string("Write ai: {budget: {") + period + ": …}} into ROOT/tarn.yml.");
    return Fail(std::move(error));
}

std::unexpected<Error> Cancelled() { return Fail(ErrorKind::kIo, "OPERATION_CANCELED", "The statement was cancelled."); }

// What no other row could survive either.
bool EndsBatch(const Error &error) {
    return error.condition == "AI_BUDGET_EXCEEDED" || error.condition == "OPERATION_CANCELED" || error.condition == "INVALID_PARAMETER_VALUE" || error.condition == "IO_ERROR" ||
           error.condition == "RESOURCE_DOES_NOT_EXIST";
}

const char *KindName(QuestionKind kind) { return kind == QuestionKind::kChat ? "chat" : "embedding"; }

std::string Cut(std::string text) {
    if (text.size() <= kKeptInput) return text;
    size_t end = kKeptInput;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) end--;
    return text.substr(0, end) + "…";
}

}  // namespace

// One call of Ask.
struct Service::Batch {
    const EndpointSettings &endpoint;
    Meter &meter;
    const AskOptions &options;
    std::string api_key;
    Price chat_price, embedding_price;
    Store *store = nullptr;
    std::vector<const Question *> questions;  // Each different one, with its key and its result.
    std::vector<std::string> keys;
    std::vector<Result<std::string>> results;
    std::vector<std::vector<size_t>> open;  // Those that the cache did not answer, by what is asked in one call.
    size_t together = 0, together_bytes = 0;  // Of the last call, when it is for texts to embed.
    std::atomic<size_t> next = 0;
    std::atomic<int64_t> cached = 0;
    std::atomic<bool> ended = false;
    std::mutex mutex;
    std::optional<Error> first_error;

    const std::string &model(const Question &question) const { return question.kind == QuestionKind::kChat ? endpoint.model : endpoint.embedding_model; }
    const Price &price(const Question &question) const { return question.kind == QuestionKind::kChat ? chat_price : embedding_price; }
    bool Stopped() const { return ended.load() || options.stop(); }
    // Texts to embed go together, as far as servers take them in one call.
    void Open(size_t index) {
        const Question &question = *questions[index];
        bool joins = question.kind == QuestionKind::kEmbedding && together > 0 && together < kTextsOfCall && together_bytes + question.content.size() <= kBytesOfCall;
        if (!joins) open.emplace_back(), together = 0, together_bytes = 0;
        open.back().push_back(index);
        if (question.kind != QuestionKind::kEmbedding) return;
        together++;
        together_bytes += question.content.size();
    }
    void End(const Error &error) {
        std::lock_guard lock(mutex);
        if (!first_error) first_error = error;
        ended = true;
    }
};

class Service::InFlight {
public:
    // True: the caller asks, and says Done. False: somebody else has asked meanwhile; look into the cache.
    bool Enter(const std::string &key, const std::function<bool()> &stop) {
        std::unique_lock lock(mutex_);
        if (keys_.insert(key).second) return true;
        while (keys_.contains(key) && !stop()) done_.wait_for(lock, std::chrono::milliseconds(50));
        return false;
    }
    // The same without waiting.
    bool TryEnter(const std::string &key) {
        std::lock_guard lock(mutex_);
        return keys_.insert(key).second;
    }
    void Done(const std::string &key) {
        std::lock_guard lock(mutex_);
        keys_.erase(key);
        done_.notify_all();
    }
    // At most `limit` at a time for one server, whatever statement they are for.
    bool EnterServer(const std::string &url, int limit, const std::function<bool()> &stop) {
        std::unique_lock lock(mutex_);
        while (calls_[url] >= limit) {
            if (stop()) return false;
            done_.wait_for(lock, std::chrono::milliseconds(50));
        }
        calls_[url]++;
        return true;
    }
    void LeaveServer(const std::string &url) {
        std::lock_guard lock(mutex_);
        calls_[url]--;
        done_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable done_;
    std::set<std::string> keys_;
    std::map<std::string, int> calls_;
};

Service::Service(std::filesystem::path root, Settings settings, KeySource keys, storage::HttpTransport transport)
    : root_(std::move(root)), settings_(std::move(settings)), keys_(std::move(keys)), client_(std::make_unique<Client>(std::move(transport))),
      in_flight_(std::make_unique<InFlight>()) {}

Service::~Service() = default;

Result<const EndpointSettings *> Service::Endpoint(const std::string &name) const {
    auto it = settings_.endpoints.find(name);
    if (it != settings_.endpoints.end()) return &it->second;
    Error error = MakeError(ErrorKind::kNotFound, "RESOURCE_DOES_NOT_EXIST", "There is no AI endpoint `" + name + "`.");
    error.remedy = "Any server that speaks OpenAI's protocol will do. Write into ROOT/tarn.yml: ai: {endpoints: {" + name +
                   ": {base_url: 'https://api.openai.com/v1', model: gpt-4o-mini, api_key: openai/key}}}, and keep the key with: tarn secret create-scope openai; "
                   "tarn secret put openai key. See docs/ai.md.";
    return Fail(std::move(error));
}

Result<Store *> Service::OpenStore() {
    std::lock_guard lock(mutex_);
    if (sodium_init() < 0) return Fail(ErrorKind::kIo, "IO_ERROR", "The machine gives no random bytes.");
    if (!store_) { TARN_TRY(store_, Store::Open(root_)); }
    return store_.get();
}

Pace &Service::PaceOf(const std::string &base_url) {
    std::lock_guard lock(mutex_);
    auto &pace = paces_[base_url];
    if (!pace) pace = std::make_unique<Pace>();
    return *pace;
}

// Sets the highest cost of a call aside, in all budgets. Waits while calls in flight hold what is missing.
Result<Reservation> Service::SetAside(Batch &batch, NanoUsd most) {
    const Budget &budget = batch.meter.budget();
    // Money that calls in flight hold may come back: only what is spent counts as gone.
    while (true) {
        if (batch.Stopped()) return Cancelled();
        if (!batch.meter.Reserve(most)) {
            if (!batch.meter.waiting_can_help(most)) return OverBudget("query", budget.query, batch.meter.spent(), most);
            std::this_thread::sleep_for(kBudgetPoll);
            continue;
        }
        auto reserved = batch.store->Reserve(most, static_cast<NanoUsd>(budget.day * kNanoPerUsd), static_cast<NanoUsd>(budget.project * kNanoPerUsd), LongestAsk(batch.endpoint));
        if (reserved && *reserved) return **reserved;
        batch.meter.Settle(most, 0);
        if (!reserved) return std::unexpected(std::move(reserved).error());
        const Refusal &refusal = reserved->error();
        double cap = std::strcmp(refusal.period, "day") == 0 ? budget.day : budget.project;
        bool hopeless = refusal.reserved == 0 || refusal.spent + most > static_cast<NanoUsd>(cap * kNanoPerUsd);
        if (hopeless) return OverBudget(refusal.period, cap, refusal.spent, most);
        std::this_thread::sleep_for(kBudgetPoll);
    }
}

// Reserves, calls, books; one result for each question of the call. REQUIRES: this thread is the one in flight for their keys.
std::vector<Result<std::string>> Service::Pay(Batch &batch, const std::vector<size_t> &group) {
    auto all = [&](const Error &error) { return std::vector<Result<std::string>>(group.size(), Result<std::string>(std::unexpected(error))); };
    std::vector<const Question *> questions;
    NanoUsd most = 0;
    size_t bytes = 0;
    for (size_t index : group) {
        const Question &question = *batch.questions[index];
        questions.push_back(&question);
        most += CostOf(batch.price(question), MostTokensIn(question), MostTokensOut(batch.endpoint, question));
        bytes += question.content.size();
    }
    const Question &first = *questions[0];
    auto reservation = SetAside(batch, most);
    if (!reservation) return all(reservation.error());
    auto start = std::chrono::steady_clock::now();
    // What is in flight is finished and kept even when another row ended the batch: only cancelling cuts it short.
    Result<ModelAnswer> asked = client_->Ask(batch.endpoint, batch.api_key, questions, PaceOf(batch.endpoint.base_url), batch.options.stop);
    UsageRow usage;
    usage.at_ms = NowMs();
    usage.function = first.function;
    usage.endpoint = batch.endpoint.name;
    usage.model = batch.model(first);
    usage.latency_ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count();
    usage.caller = batch.meter.caller();
    if (asked) {
        usage.tokens_in = asked->tokens_in;
        usage.tokens_out = asked->tokens_out;
        usage.cost_nano_usd = CostOf(batch.price(first), asked->tokens_in, asked->tokens_out);
    }
    std::vector<Result<std::string>> results;
    std::vector<CacheEntry> entries;
    for (size_t i = 0; i < group.size(); i++) {
        const Question &question = *questions[i];
        Result<std::string> result = asked ? asked->texts[i] : Result<std::string>(std::unexpected(asked.error()));
        if (result && question.accept) result = question.accept(*result);
        if (result) {
            // Of a common call each text has its share by length.
            double share = group.size() == 1 || bytes == 0 ? 1.0 / static_cast<double>(group.size()) : static_cast<double>(question.content.size()) / static_cast<double>(bytes);
            auto part = [&](int64_t whole) { return static_cast<int64_t>(std::llround(static_cast<double>(whole) * share)); };
            entries.push_back({batch.keys[group[i]], KindName(question.kind), question.function, usage.model, question.prompt_version, question.parameters,
                               secrets::Redacted(Cut(question.content)), *result, part(usage.tokens_in), part(usage.tokens_out), part(usage.cost_nano_usd)});
        } else if (usage.error.empty()) {
            usage.error = secrets::Redacted("[" + result.error().condition + "] " + result.error().message);
        }
        results.push_back(std::move(result));
    }
    Result<void> settled = batch.store->Settle(*reservation, usage, entries);
    batch.meter.Settle(most, usage.cost_nano_usd);
    if (!settled) return all(settled.error());
    return results;
}

// Pay, when the server has room for one call more.
std::vector<Result<std::string>> Service::PayInTurn(Batch &batch, const std::vector<size_t> &group) {
    int parallel = batch.options.parallel > 0 ? batch.options.parallel : batch.endpoint.parallel;
    if (!in_flight_->EnterServer(batch.endpoint.base_url, parallel, [&] { return batch.Stopped(); })) {
        return std::vector<Result<std::string>>(group.size(), Cancelled());
    }
    auto results = Pay(batch, group);
    in_flight_->LeaveServer(batch.endpoint.base_url);
    return results;
}

// One call, and what is in flight elsewhere afterwards. A call for several that the server refuses is made for each alone: one
// bad text does not spoil the others.
void Service::Answer(Batch &batch, const std::vector<size_t> &group) {
    std::vector<size_t> own, waiting;
    for (size_t index : group) {
        if (!in_flight_->TryEnter(batch.keys[index])) {
            waiting.push_back(index);
            continue;
        }
        // Somebody may have asked since this statement looked.
        auto known = batch.store->Find(batch.keys[index]);
        if (known && !*known) {
            own.push_back(index);
            continue;
        }
        if (known) batch.results[index] = std::move(**known), batch.cached++;
        else batch.results[index] = std::unexpected(std::move(known).error());
        in_flight_->Done(batch.keys[index]);
    }
    if (!own.empty()) {
        auto results = PayInTurn(batch, own);
        bool refused = own.size() > 1 && std::ranges::all_of(results, [](const auto &result) { return !result && !EndsBatch(result.error()); });
        for (size_t i = 0; i < own.size(); i++) batch.results[own[i]] = refused ? PayInTurn(batch, {own[i]})[0] : std::move(results[i]);
        for (size_t index : own) in_flight_->Done(batch.keys[index]);
    }
    for (size_t index : waiting) batch.results[index] = AnswerLater(batch, index);
    for (size_t index : group) {
        const Result<std::string> &result = batch.results[index];
        if (!result && (batch.options.stop_at_error || EndsBatch(result.error()))) batch.End(result.error());
    }
}

// Another thread has asked the same. If it failed, it is this one's turn.
Result<std::string> Service::AnswerLater(Batch &batch, size_t index) {
    const std::string &key = batch.keys[index];
    auto stop = [&] { return batch.Stopped(); };
    while (!stop()) {
        bool mine = in_flight_->Enter(key, stop);
        auto known = batch.store->Find(key);
        Result<std::string> result = std::string();
        if (!known) result = std::unexpected(std::move(known).error());
        else if (*known) result = std::move(**known), batch.cached++;
        else if (mine) result = PayInTurn(batch, {index})[0];
        if (mine) in_flight_->Done(key);
        if (mine || !known || *known) return result;
    }
    return Cancelled();
}

void Service::Work(Batch &batch) {
    while (!batch.Stopped()) {
        size_t turn = batch.next.fetch_add(1);
        if (turn >= batch.open.size()) return;
        Answer(batch, batch.open[turn]);
    }
}

std::vector<Result<std::string>> Service::Ask(const EndpointSettings &endpoint, Meter &meter, const std::vector<Question> &questions, const AskOptions &options) {
    auto all = [&](const Error &error) { return std::vector<Result<std::string>>(questions.size(), Result<std::string>(std::unexpected(error))); };
    if (questions.empty()) return {};
    Batch batch{endpoint, meter, options};
    Result<Store *> store = OpenStore();
    if (!store) return all(store.error());
    batch.store = *store;
    bool chat = false, embedding = false;
    std::map<std::string, size_t> by_key;
    std::vector<size_t> at(questions.size());
    for (size_t i = 0; i < questions.size(); i++) {
        const Question &question = questions[i];
        (question.kind == QuestionKind::kChat ? chat : embedding) = true;
        std::string key = Hash(batch.model(question) + '\n' + question.Identity());
        auto [it, fresh] = by_key.emplace(key, batch.questions.size());
        at[i] = it->second;
        if (!fresh) continue;
        batch.questions.push_back(&question);
        batch.keys.push_back(key);
        auto known = batch.store->Find(key);
        if (!known) return all(known.error());
        if (*known) batch.cached++;
        else batch.Open(batch.results.size());
        batch.results.push_back(*known ? Result<std::string>(std::move(**known)) : Cancelled());
    }
    if (!batch.open.empty()) {
        if (chat && endpoint.model.empty()) return all(MakeError(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "The AI endpoint `" + endpoint.name + "` has no `model` in tarn.yml."));
        if (embedding && endpoint.embedding_model.empty()) {
            Error error = MakeError(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "The AI endpoint `" + endpoint.name + "` has no `embedding_model` in tarn.yml.");
            error.remedy = "Name one there, or take the local models: SET tarn.ai.endpoint = local";
            return all(error);
        }
        for (bool wanted : {true, false}) {
            if (!(wanted ? chat : embedding)) continue;
            Result<Price> price = NeedPrice(settings_.prices, wanted ? endpoint.model : endpoint.embedding_model);
            if (!price) return all(price.error());
            (wanted ? batch.chat_price : batch.embedding_price) = *price;
        }
        if (!endpoint.secret_key.empty()) {
            Result<std::string> key = keys_(endpoint.secret_scope, endpoint.secret_key);
            if (!key) return all(key.error());
            batch.api_key = std::move(*key);
        }
        size_t parallel = static_cast<size_t>(std::max(1, options.parallel > 0 ? options.parallel : endpoint.parallel));
        std::vector<std::thread> workers;
        for (size_t i = 1; i < std::min(parallel, batch.open.size()); i++) workers.emplace_back([&] { Work(batch); });
        Work(batch);
        for (std::thread &worker : workers) worker.join();
    }
    // Of each function's own questions, how many cost nothing.
    meter.CountFree(questions[0].function, endpoint.name, batch.model(questions[0]), true, batch.cached + static_cast<int64_t>(questions.size() - batch.questions.size()));
    std::vector<Result<std::string>> results;
    results.reserve(questions.size());
    for (size_t i = 0; i < questions.size(); i++) {
        const Result<std::string> &result = batch.results[at[i]];
        // Those that were not asked any more say why.
        bool unasked = !result && result.error().condition == "OPERATION_CANCELED" && batch.first_error;
        results.push_back(unasked ? Result<std::string>(std::unexpected(*batch.first_error)) : result);
    }
    return results;
}

Result<void> Service::Finish(Meter &meter) {
    std::vector<UsageRow> rows = meter.TakeFree();
    if (rows.empty()) return {};
    TARN_TRY(Store * store, OpenStore());
    return store->AddUsage(rows);
}

Result<std::vector<UsageRow>> Service::ReadUsage(int64_t &after, int limit) {
    TARN_TRY(Store * store, OpenStore());
    return store->ReadUsage(after, limit);
}

Result<std::vector<CacheRow>> Service::ReadCache(int64_t &after, int limit) {
    TARN_TRY(Store * store, OpenStore());
    return store->ReadCache(after, limit);
}

std::string EmbeddingJson(const std::string &floats) {
    std::string text = "[";
    for (size_t at = 0; at + sizeof(float) <= floats.size(); at += sizeof(float)) {
        float value;
        std::memcpy(&value, floats.data() + at, sizeof value);
        char number[32];
        auto end = std::to_chars(number, number + sizeof number, value).ptr;
        text += (at > 0 ? "," : "") + std::string(number, end);
    }
    return text + "]";
}

Result<double> CosineSimilarity(const std::string &a, const std::string &b) {
    if (a.size() != b.size() || a.size() % sizeof(float) != 0) {
        return Fail(ErrorKind::kIo, "AI_FUNCTION_INVALID_HTTP_RESPONSE", "Two embeddings of one model have different lengths.");
    }
    double product = 0, left = 0, right = 0;
    for (size_t i = 0; i < a.size(); i += sizeof(float)) {
        float x, y;
        std::memcpy(&x, a.data() + i, sizeof x);
        std::memcpy(&y, b.data() + i, sizeof y);
        product += double{x} * y;
        left += double{x} * x;
        right += double{y} * y;
    }
    if (left == 0 || right == 0) return 0.0;
    return std::clamp(product / std::sqrt(left * right), 0.0, 1.0);
}

}  // namespace tarn::ai
