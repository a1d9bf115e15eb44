// The service with a scripted server: what is asked once, what is kept, what a budget lets through.
#include "ai/service.h"

#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "ai/internal/client.h"
#include "ai/internal/store.h"

namespace tarn::ai {
namespace {

using nlohmann::json;
using storage::HttpRequest;
using storage::HttpResponse;
using storage::HttpResult;

HttpResponse Ok(const std::string &content, int tokens_in = 10, int tokens_out = 5) {
    json body = {{"choices", {{{"message", {{"role", "assistant"}, {"content", content}}}, {"finish_reason", "stop"}}}},
                 {"usage", {{"prompt_tokens", tokens_in}, {"completion_tokens", tokens_out}}}};
    return {200, {}, body.dump()};
}

class ServiceTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "tarn-ai-XXXXXX";
        root_ = mkdtemp(pattern.data());
        settings_.prices["m"] = {10, 100};
        settings_.endpoints["default"] = {.name = "default", .base_url = "http://127.0.0.1:1/v1", .model = "m", .secret_scope = "s", .secret_key = "k", .max_retries = 2};
    }
    void TearDown() override { std::filesystem::remove_all(root_); }

    std::unique_ptr<Service> Open() {
        return std::make_unique<Service>(root_, settings_, [](auto &, auto &) -> Result<std::string> { return std::string("the-key"); },
                                         [this](const HttpRequest &request) -> HttpResult {
                                             calls_++;
                                             return serve_(json::parse(request.body), request);
                                         });
    }
    std::vector<Result<std::string>> Ask(Service &service, const std::vector<std::string> &texts, Budget budget = {}, bool stop_at_error = true) {
        Meter meter("user", budget);
        std::vector<Question> questions;
        for (const std::string &text : texts) questions.push_back(GenerateQuestion("ai_gen", text));
        AskOptions options;
        options.stop_at_error = stop_at_error;
        auto answers = service.Ask(**service.Endpoint("default"), meter, questions, options);
        EXPECT_TRUE(service.Finish(meter));
        return answers;
    }

    std::filesystem::path root_;
    Settings settings_;
    std::atomic<int> calls_ = 0;
    std::function<HttpResult(const json &, const HttpRequest &)> serve_ = [](const json &body, const HttpRequest &) { return Ok("re: " + body["messages"][0]["content"].get<std::string>()); };
};

TEST_F(ServiceTest, EqualQuestionsOfABatchAreAskedOnceAndInTheirOrder) {
    auto service = Open();
    auto answers = Ask(*service, {"a", "b", "a", "c", "a"});
    EXPECT_EQ(calls_, 3);
    for (size_t i = 0; i < 5; i++) EXPECT_EQ(*answers[i], std::string("re: ") + "abaca"[i]);
    EXPECT_EQ(*Ask(*Open(), {"b"})[0], "re: b");  // Another process.
    EXPECT_EQ(calls_, 3);
}

TEST_F(ServiceTest, EqualQuestionsInFlightAreAskedOnce) {
    serve_ = [](const json &, const HttpRequest &) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        return Ok("once");
    };
    auto service = Open();
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; i++) threads.emplace_back([&] { EXPECT_EQ(*Ask(*service, {"same"})[0], "once"); });
    for (auto &thread : threads) thread.join();
    EXPECT_EQ(calls_, 1);
}

TEST_F(ServiceTest, TheKeyIsInTheHeaderAndNowhereElse) {
    serve_ = [](const json &body, const HttpRequest &request) {
        EXPECT_EQ(request.headers.back(), "Authorization: Bearer the-key");
        EXPECT_EQ(body.dump().find("the-key"), std::string::npos);
        EXPECT_EQ(request.url, "http://127.0.0.1:1/v1/chat/completions");
        return HttpResponse{401, {}, R"({"error": {"message": "wrong key the-key"}})"};
    };
    auto answers = Ask(*Open(), {"a"});
    EXPECT_EQ(answers[0].error().ToString().find("the-key"), std::string::npos);
    int64_t after = 0;
    EXPECT_EQ((*Open()->ReadUsage(after, 10))[0].error.find("the-key"), std::string::npos);
}

TEST_F(ServiceTest, AnErrorEndsTheBatchUnlessErrorsAreTolerated) {
    settings_.endpoints["default"].parallel = 1;
    serve_ = [](const json &body, const HttpRequest &) { return body.dump().find("bad") != std::string::npos ? HttpResponse{400, {}, "{}"} : Ok("fine"); };
    auto answers = Ask(*Open(), {"a", "bad", "c"});
    EXPECT_TRUE(answers[0]);
    EXPECT_EQ(answers[2].error().condition, "AI_FUNCTION_HTTP_REQUEST_ERROR");
    EXPECT_EQ(calls_, 2);
    answers = Ask(*Open(), {"a", "bad", "c"}, {}, false);
    EXPECT_EQ(*answers[2], "fine");
    EXPECT_FALSE(answers[1]);
}

TEST_F(ServiceTest, NoCallMayExceedACap) {
    // One call: at most 301 tokens in and 1024 out.
    double most = (301 * 10 + 1024 * 100) / 1e6, cost = (10 * 10 + 5 * 100) / 1e6;
    for (auto budget : {Budget{most + 2.5 * cost, 5, 5}, Budget{5, most + 2.5 * cost, 5}, Budget{5, 5, most + 2.5 * cost}}) {
        calls_ = 0;
        std::filesystem::remove_all(root_);
        std::filesystem::create_directories(root_);
        auto answers = Ask(*Open(), {"a", "b", "c", "d", "e", "f"}, budget);
        EXPECT_EQ(calls_, 3);
        EXPECT_EQ(std::ranges::count_if(answers, [](auto &answer) { return answer.has_value(); }), 3);
        for (auto &answer : answers) {
            if (!answer) { EXPECT_EQ(answer.error().condition, "AI_BUDGET_EXCEEDED"); }
        }
    }
}

TEST_F(ServiceTest, WhatWasPaidForIsBookedEvenWhenItIsOfNoUse) {
    serve_ = [](const json &, const HttpRequest &) { return Ok("no JSON", 10, 5); };
    auto service = Open();
    Meter meter("user", {});
    auto answers = service->Ask(**service->Endpoint("default"), meter, {SentimentQuestion("x")}, {});
    EXPECT_EQ(answers[0].error().condition, "AI_FUNCTION_JSON_PARSE_ERROR");
    EXPECT_EQ(meter.spent(), 600'000);
    EXPECT_EQ(calls_, 1);
    int64_t after = 0;
    EXPECT_EQ((*service->ReadUsage(after, 10))[0].cost_nano_usd, 600'000);
    after = 0;
    EXPECT_TRUE(service->ReadCache(after, 10)->empty());
}

TEST_F(ServiceTest, CancellingEndsWaiting) {
    serve_ = [](const json &, const HttpRequest &) { return HttpResponse{503, {{"retry-after", "60"}}, "{}"}; };
    auto service = Open();
    Meter meter("user", {});
    AskOptions options;
    auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
    options.stop = [&] { return std::chrono::steady_clock::now() > until; };
    auto answers = service->Ask(**service->Endpoint("default"), meter, {GenerateQuestion("ai_gen", "x")}, options);
    EXPECT_EQ(answers[0].error().condition, "OPERATION_CANCELED");
    EXPECT_LT(std::chrono::steady_clock::now(), until + std::chrono::seconds(5));
}

TEST_F(ServiceTest, ReservationsOfTheDeadAreGivenBack) {
    auto store = *Store::Open(root_);
    ASSERT_TRUE(*store->Reserve(900, 1000, 1000, 3600));
    EXPECT_FALSE(*store->Reserve(900, 1000, 1000, 3600));
    // A process that does not exist any more.
    auto file = *SqliteFile::Open(root_ / "ai.db");
    ASSERT_TRUE(file->Run("UPDATE reserved SET pid = 2147483646"));
    EXPECT_TRUE(*store->Reserve(900, 1000, 1000, 3600));
}

TEST(Prices, FamiliesAndOwnPrices) {
    EXPECT_EQ(PriceOf({}, "gpt-4o-mini-2024-07-18")->input, 0.15);
    EXPECT_EQ(PriceOf({}, "openai/gpt-4o")->output, 10.0);
    EXPECT_FALSE(PriceOf({}, "gpt-4o-mini-transcribe"));
    EXPECT_FALSE(PriceOf({}, "llama3"));
    EXPECT_EQ(PriceOf({{"llama3", {0, 0}}}, "llama3")->input, 0);
    EXPECT_EQ(NeedPrice({}, "llama3").error().condition, "INVALID_PARAMETER_VALUE");
    EXPECT_EQ(CostOf({0.15, 0.6}, 1, 0), 150);
    EXPECT_EQ(CostOf({0.0001, 0}, 1, 0), 1);  // Rounded up.
}

TEST(Endpoints, KeysTravelEncryptedOrNotAtAll) {
    auto check = [](std::string url, bool key) {
        EndpointSettings endpoint{.name = "e", .base_url = std::move(url), .model = "m"};
        if (key) endpoint.secret_key = "k";
        return Check(endpoint).has_value();
    };
    EXPECT_TRUE(check("https://api.example.org/v1", true));
    EXPECT_TRUE(check("http://127.0.0.1:11434/v1", true));
    EXPECT_TRUE(check("http://[::1]:11434/v1", true));
    EXPECT_TRUE(check("http://gpu.example.org/v1", false));
    EXPECT_FALSE(check("http://gpu.example.org/v1", true));
    EXPECT_FALSE(check("http://127.0.0.1.example.org/v1", true));
    for (const char *url : {"ftp://x", "https://", "https://u:p@x/v1", "https://x/v1?key=1", "file:///etc/passwd"}) EXPECT_FALSE(check(url, false)) << url;
}

TEST(Pauses, AsServersWriteThem) {
    EXPECT_EQ(PauseMs("2"), 2000);
    EXPECT_EQ(PauseMs("1.5s"), 1500);
    EXPECT_EQ(PauseMs("6m0s"), 360'000);
    EXPECT_EQ(PauseMs("120ms"), 120);
    EXPECT_EQ(PauseMs("1h2m3s"), 3'723'000);
    EXPECT_EQ(PauseMs("Wed, 21 Oct 2015 07:28:00 GMT"), 0);
    for (const char *text : {"", "soon", "-1", "1x", "nan", "inf"}) EXPECT_FALSE(PauseMs(text)) << text;
}

TEST(Similarity, OfDirections) {
    auto floats = [](std::vector<float> values) { return std::string(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float)); };
    EXPECT_DOUBLE_EQ(*CosineSimilarity(floats({1, 0}), floats({2, 0})), 1);
    EXPECT_DOUBLE_EQ(*CosineSimilarity(floats({1, 0}), floats({0, 1})), 0);
    EXPECT_DOUBLE_EQ(*CosineSimilarity(floats({1, 0}), floats({-1, 0})), 0);
    EXPECT_DOUBLE_EQ(*CosineSimilarity(floats({0, 0}), floats({1, 1})), 0);
    EXPECT_FALSE(CosineSimilarity(floats({1}), floats({1, 2})));
}

TEST(Questions, EachPartTellsThemApart) {
    Question one = SummarizeQuestion("ab", 5);
    EXPECT_EQ(one.Identity(), SummarizeQuestion("ab", 5).Identity());
    EXPECT_NE(one.Identity(), SummarizeQuestion("ab", 6).Identity());
    EXPECT_NE(one.Identity(), SummarizeQuestion("abc", 5).Identity());
    EXPECT_NE(GenerateQuestion("f", "ab").Identity(), TranslateQuestion("ab", "de").Identity());
    // Invalid UTF-8 is asked about all the same.
    EXPECT_NE(ClassifyQuestion("\xff", {"a", "b\xfe"}).schema, "");
}

}  // namespace
}  // namespace tarn::ai
