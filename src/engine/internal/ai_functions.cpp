#include "engine/internal/ai_functions.h"

#include <nlohmann/json.hpp>

#include "ai/local/local_models.h"
#include "engine/internal/duck_error.h"

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"

namespace tarn::engine {
namespace {

using namespace duckdb;
using nlohmann::json;

enum class Task : uint8_t { kSentiment, kClassify, kExtract, kFixGrammar, kGenerate, kKeywords, kMask, kQuery, kSimilarity, kSummarize, kTranslate };

// Where the arguments stand: handle, fails, content, then the task's own.
enum : idx_t { kHandle, kFails, kContent, kSecond };

struct TaskName {
    Task task;
    const char *name;
    const char *local_model;  // nullptr: the local models cannot do it.
};

constexpr TaskName kTasks[] = {
    {Task::kSentiment, "ai_analyze_sentiment", "tarn-local/lexicon"},
    {Task::kClassify, "ai_classify", "tarn-local/vectors"},
    {Task::kExtract, "ai_extract", "tarn-local/rules"},
    {Task::kFixGrammar, "ai_fix_grammar", nullptr},
    {Task::kGenerate, "ai_gen", nullptr},
    {Task::kKeywords, "ai_keywords", "tarn-local/rake"},
    {Task::kMask, "ai_mask", "tarn-local/rules"},
    {Task::kQuery, "ai_query", nullptr},
    {Task::kSimilarity, "ai_similarity", "tarn-local/vectors"},
    {Task::kSummarize, "ai_summarize", "tarn-local/textrank"},
    {Task::kTranslate, "ai_translate", nullptr},
};

struct AiInfo final : ScalarFunctionInfo {
    AiInfo(AiStatements &statements, const TaskName &task) : statements(statements), task(task) {}
    AiStatements &statements;
    const TaskName &task;
};

// What the constants of a call say.
struct AiBind final : FunctionData {
    bool fails = true;
    LogicalType type = LogicalType::VARCHAR;  // Of the answer; the function's own type is a struct around it when it does not fail.
    std::vector<std::string> labels;          // ai_extract
    std::string endpoint, member, response_format;  // ai_query

    unique_ptr<FunctionData> Copy() const override { return make_uniq<AiBind>(*this); }
    bool Equals(const FunctionData &other) const override {
        auto &that = other.Cast<AiBind>();
        return fails == that.fails && type == that.type && labels == that.labels && endpoint == that.endpoint && member == that.member && response_format == that.response_format;
    }
};

[[noreturn]] void Refuse(const char *condition, const std::string &message, ErrorKind kind = ErrorKind::kInvalidInput, const std::string &remedy = {}) {
    Error error = MakeError(kind, condition, message);
    error.remedy = remedy;
    ThrowThroughDuckDB(error);
}

std::vector<std::string> LabelsOf(const Value &value) {
    std::vector<std::string> labels;
    for (const Value &label : ListValue::GetChildren(value)) {
        if (label.IsNull() || StringValue::Get(label).empty()) Refuse("AI_INVALID_ARGUMENT_VALUE_ERROR", "A label must be neither NULL nor empty.");
        labels.push_back(StringValue::Get(label));
    }
    return labels;
}

Value Constant(ClientContext &context, const Expression &expression, const char *what) {
    if (!expression.IsFoldable()) Refuse("AI_INVALID_ARGUMENT_VALUE_ERROR", std::string(what) + " must be constant.");
    return ExpressionExecutor::EvaluateScalar(context, expression);
}

void BindExtract(AiBind &bind, const Value &labels) {
    if (labels.IsNull()) Refuse("AI_INVALID_ARGUMENT_VALUE_ERROR", "The labels of ai_extract must not be NULL.");
    bind.labels = LabelsOf(labels);
    child_list_t<LogicalType> members;
    for (const std::string &label : bind.labels) members.emplace_back(label, LogicalType::VARCHAR);
    if (members.empty()) Refuse("AI_INVALID_ARGUMENT_VALUE_ERROR", "ai_extract needs at least one label.");
    bind.type = LogicalType::STRUCT(members);
}

unique_ptr<FunctionData> BindAi(ClientContext &context, ScalarFunction &function, vector<unique_ptr<Expression>> &arguments) {
    auto &info = function.GetExtraFunctionInfo().Cast<AiInfo>();
    auto bind = make_uniq<AiBind>();
    bind->fails = Constant(context, *arguments[kFails], "failOnError").GetValue<bool>();
    bind->type = function.GetReturnType();
    if (info.task.task == Task::kExtract) BindExtract(*bind, Constant(context, *arguments[kSecond], "The labels of ai_extract"));
    if (info.task.task == Task::kQuery) {
        LogicalTypeId request = arguments[kContent]->return_type.id();
        if (request != LogicalTypeId::VARCHAR && request != LogicalTypeId::STRING_LITERAL && request != LogicalTypeId::SQLNULL) {
            Refuse("AI_FUNCTION_UNSUPPORTED_REQUEST", "The request of ai_query must be a STRING: it goes to a chat model.");
        }
        auto text = [&](idx_t at) { return Constant(context, *arguments[at], "What ai_query returns").GetValue<std::string>(); };
        bind->endpoint = text(3);
        bind->type = TransformStringToLogicalType(text(5), context);
        bind->member = text(6);
        bind->response_format = text(7);
    }
    function.SetReturnType(bind->fails ? bind->type : LogicalType::STRUCT({{"result", bind->type}, {"errorMessage", LogicalType::VARCHAR}}));
    return bind;
}

// One call of a function: a chunk of rows.
class Chunk {
public:
    Chunk(DataChunk &args, ExpressionState &state, const AiBind &bind, const AiInfo &info)
        : args_(args), bind_(bind), task_(info.task), context_(state.GetContext()),
          statement_(info.statements.Find(args.data[kHandle].GetValue(0).GetValue<uint64_t>())) {
        if (!statement_) throw InternalException("%s: unknown handle", info.task.name);
    }

    void Run(Vector &result) {
        for (idx_t row = 0; row < args_.size(); row++) {
            if (!AnyNull(row)) rows_.push_back(row);
        }
        std::vector<Result<std::string>> answers = rows_.empty() ? std::vector<Result<std::string>>{} : Answers();
        result.SetVectorType(VectorType::FLAT_VECTOR);
        for (idx_t row = 0, next = 0; row < args_.size(); row++) {
            bool asked = next < rows_.size() && rows_[next] == row;
            result.SetValue(row, asked ? Cell(answers[next++]) : Value(result.GetType()));
        }
    }

private:
    // ai_query's own parameters may be NULL; of the others every argument counts.
    bool AnyNull(idx_t row) {
        idx_t last = task_.task == Task::kQuery ? kContent : args_.ColumnCount() - 1;
        for (idx_t i = kContent; i <= last; i++) {
            if (args_.data[i].GetValue(row).IsNull()) return true;
        }
        return false;
    }
    std::string Text(idx_t column, idx_t row) { return StringValue::Get(args_.data[column].GetValue(row)); }
    int Number(idx_t column, idx_t row) { return args_.data[column].GetValue(row).GetValue<int32_t>(); }

    std::vector<std::string> Labels(idx_t row, size_t least, size_t most) {
        std::vector<std::string> labels = LabelsOf(args_.data[kSecond].GetValue(row));
        if (labels.size() >= least && labels.size() <= most) return labels;
        Refuse("AI_INVALID_ARGUMENT_VALUE_ERROR", std::string(task_.name) + " takes " + std::to_string(least) + " to " + std::to_string(most) + " labels.");
    }
    int MaxWords(idx_t row) {
        int words = Number(kSecond, row);
        if (words < 0) Refuse("AI_FUNCTION_INVALID_MAX_WORDS", "The maximum number of words of ai_summarize must not be negative; 0 means no limit.");
        return words;
    }
    int Count(idx_t row) {
        int count = Number(kSecond, row);
        if (count < 1 || count > 100) Refuse("AI_INVALID_ARGUMENT_VALUE_ERROR", "ai_keywords gives 1 to 100 key words.");
        return count;
    }

    std::vector<Result<std::string>> Answers() {
        std::string name = task_.task == Task::kQuery ? bind_.endpoint : statement_->endpoint;
        if (name == kLocalEndpoint && task_.local_model != nullptr) return LocalAnswers();
        if (name == kLocalEndpoint) name = "default";  // For the error: there is none.
        Result<const ai::EndpointSettings *> endpoint = statement_->service.Endpoint(name);
        if (!endpoint) {
            Error error = std::move(endpoint).error();
            if (task_.task != Task::kQuery) error.message = std::string(task_.name) + " needs an AI endpoint: the local models cannot do this. " + error.message;
            ThrowThroughDuckDB(error);
        }
        embeds_ = task_.task == Task::kQuery && (*endpoint)->model.empty();
        std::vector<ai::Question> questions;
        for (idx_t row : rows_) AddQuestions(row, questions);
        ai::AskOptions options;
        options.stop_at_error = bind_.fails;
        options.parallel = statement_->parallel;
        options.stop = [this] { return context_.interrupted.load(); };
        auto answers = statement_->service.Ask(**endpoint, statement_->meter, questions, options);
        // What ends the statement whatever failOnError says: no row is at fault.
        for (auto &answer : answers) {
            if (answer || bind_.fails) continue;
            const std::string &condition = answer.error().condition;
            if (condition == "AI_BUDGET_EXCEEDED" || condition == "OPERATION_CANCELED" || condition == "RESOURCE_DOES_NOT_EXIST" || condition == "INVALID_PARAMETER_VALUE" || condition == "IO_ERROR") ThrowThroughDuckDB(answer.error());
        }
        if (embeds_) {
            for (auto &answer : answers) {
                if (answer) answer = ai::EmbeddingJson(*answer);
            }
        }
        return task_.task == Task::kSimilarity ? Similarities(answers) : answers;
    }

    void AddQuestions(idx_t row, std::vector<ai::Question> &questions) {
        std::string content = Text(kContent, row);
        switch (task_.task) {
            case Task::kSentiment: questions.push_back(ai::SentimentQuestion(std::move(content))); return;
            case Task::kClassify: questions.push_back(ai::ClassifyQuestion(std::move(content), Labels(row, 2, 20))); return;
            case Task::kExtract: questions.push_back(ai::ExtractQuestion(std::move(content), bind_.labels)); return;
            case Task::kFixGrammar: questions.push_back(ai::FixGrammarQuestion(std::move(content))); return;
            case Task::kGenerate: questions.push_back(ai::GenerateQuestion("ai_gen", std::move(content))); return;
            case Task::kKeywords: questions.push_back(ai::KeywordsQuestion(std::move(content), Count(row))); return;
            case Task::kMask: questions.push_back(ai::MaskQuestion(std::move(content), Labels(row, 1, 100))); return;
            case Task::kSummarize: questions.push_back(ai::SummarizeQuestion(std::move(content), MaxWords(row))); return;
            case Task::kTranslate: questions.push_back(ai::TranslateQuestion(std::move(content), Text(kSecond, row))); return;
            case Task::kSimilarity:
                questions.push_back(ai::EmbeddingQuestion(std::move(content)));
                questions.push_back(ai::EmbeddingQuestion(Text(kSecond, row)));
                return;
            case Task::kQuery:
                questions.push_back(embeds_ ? ai::EmbeddingQuestion(std::move(content), "ai_query") : QueryQuestion(row, std::move(content)));
                return;
        }
    }

    ai::Question QueryQuestion(idx_t row, std::string content) {
        ai::Question question = ai::GenerateQuestion("ai_query", std::move(content));
        question.response_format = bind_.response_format;
        Value parameters = args_.data[4].GetValue(row);
        if (parameters.IsNull()) return question;
        json parsed = json::parse(StringValue::Get(parameters), nullptr, false);
        if (!parsed.is_object()) Refuse("AI_FUNCTION_INVALID_MODEL_PARAMETERS", "The modelParameters of ai_query are a struct: named_struct('max_tokens', 100, 'temperature', 0.7).");
        question.parameters = parsed.dump(-1, ' ', false, json::error_handler_t::replace);
        return question;
    }

    static std::vector<Result<std::string>> Similarities(const std::vector<Result<std::string>> &embeddings) {
        std::vector<Result<std::string>> similarities;
        for (size_t i = 0; i + 1 < embeddings.size(); i += 2) {
            if (!embeddings[i] || !embeddings[i + 1]) {
                similarities.push_back(embeddings[i] ? embeddings[i + 1] : embeddings[i]);
                continue;
            }
            Result<double> cosine = ai::CosineSimilarity(*embeddings[i], *embeddings[i + 1]);
            if (cosine) similarities.emplace_back(std::to_string(*cosine));
            else similarities.emplace_back(std::unexpected(std::move(cosine).error()));
        }
        return similarities;
    }

    std::vector<Result<std::string>> LocalAnswers() {
        std::vector<Result<std::string>> answers;
        for (idx_t row : rows_) {
            if (context_.interrupted.load()) Refuse("OPERATION_CANCELED", "The statement was cancelled.", ErrorKind::kIo);
            answers.push_back(LocalAnswer(row));
        }
        statement_->meter.CountFree(task_.name, kLocalEndpoint, task_.local_model, false, static_cast<int64_t>(rows_.size()));
        return answers;
    }

    Result<std::string> LocalAnswer(idx_t row) {
        std::string content = Text(kContent, row);
        switch (task_.task) {
            case Task::kSentiment: return std::string(ai::local::MoodName(ai::local::Sentiment(content).mood));
            case Task::kClassify: {
                TARN_TRY(auto found, ai::local::Classify(content, Labels(row, 2, 20)));
                return found.label;
            }
            case Task::kExtract: {
                TARN_TRY(auto found, ai::local::Extract(content, bind_.labels));
                json members = json::object();
                for (auto &one : found) members[one.label] = one.found ? json(one.value) : json();
                return members.dump(-1, ' ', false, json::error_handler_t::replace);
            }
            case Task::kKeywords: {
                json words = json::array();
                for (auto &word : ai::local::Keywords(content, static_cast<size_t>(Count(row)))) words.push_back(word.phrase);
                return words.dump(-1, ' ', false, json::error_handler_t::replace);
            }
            case Task::kMask: return ai::local::Mask(content, Labels(row, 1, 100));
            case Task::kSimilarity: return std::to_string(ai::local::Similarity(content, Text(kSecond, row)));
            case Task::kSummarize: {
                int words = MaxWords(row);
                // No limit is a limit of its own for what picks sentences: half of the text.
                size_t all = words > 0 ? static_cast<size_t>(words) : std::max<size_t>(ai::local::kDefaultSummaryWords, content.size() / 12);
                return ai::local::Summarize(content, all);
            }
            default: throw InternalException("%s: no local model", task_.name);
        }
    }

    Value Cell(const Result<std::string> &answer) {
        Result<Value> value = Value(bind_.type);
        bool none = answer && answer->empty() && task_.task == Task::kClassify;  // No label fits.
        if (!answer) value = std::unexpected(answer.error());
        else if (!none) value = ValueOfAnswer(*answer, bind_.type, bind_.member);
        if (bind_.fails) {
            if (!value) ThrowThroughDuckDB(value.error());
            return std::move(*value);
        }
        Value message = value ? Value(LogicalType::VARCHAR) : Value("[" + value.error().condition + "] " + value.error().message);
        return Value::STRUCT({{"result", value ? std::move(*value) : Value(bind_.type)}, {"errorMessage", std::move(message)}});
    }

    DataChunk &args_;
    const AiBind &bind_;
    const TaskName &task_;
    ClientContext &context_;
    std::shared_ptr<AiStatement> statement_;
    std::vector<idx_t> rows_;  // Those that are asked.
    bool embeds_ = false;      // ai_query of an endpoint without a chat model.
};

void RunAi(DataChunk &args, ExpressionState &state, Vector &result) {
    if (args.size() == 0) return;
    auto &function = state.expr.Cast<BoundFunctionExpression>();
    Chunk(args, state, function.bind_info->Cast<AiBind>(), function.function.GetExtraFunctionInfo().Cast<AiInfo>()).Run(result);
}

vector<LogicalType> ArgumentsOf(Task task) {
    vector<LogicalType> types = {LogicalType::UBIGINT, LogicalType::BOOLEAN, LogicalType::VARCHAR};
    switch (task) {
        case Task::kClassify:
        case Task::kExtract:
        case Task::kMask: types.push_back(LogicalType::LIST(LogicalType::VARCHAR)); break;
        case Task::kKeywords:
        case Task::kSummarize: types.push_back(LogicalType::INTEGER); break;
        case Task::kSimilarity:
        case Task::kTranslate: types.push_back(LogicalType::VARCHAR); break;
        case Task::kQuery:
            types[kContent] = LogicalType::ANY;  // Whatever becomes text by itself would, too: BindAi looks at the type.
            types.insert(types.end(), 5, LogicalType::VARCHAR);
            break;
        default: break;
    }
    return types;
}

LogicalType ResultOf(Task task) {
    if (task == Task::kKeywords) return LogicalType::LIST(LogicalType::VARCHAR);
    if (task == Task::kSimilarity) return LogicalType::FLOAT;
    return LogicalType::VARCHAR;
}

}  // namespace

void RegisterAiFunctions(DatabaseInstance &db, AiStatements &statements) {
    ExtensionLoader loader(db, "tarn");
    for (const TaskName &task : kTasks) {
        ScalarFunction function(std::string("tarn_") + task.name, ArgumentsOf(task.task), ResultOf(task.task), RunAi, BindAi);
        // Never folded, never called for rows that a filter leaves out: DuckDB keeps what may fail behind what comes before it.
        function.SetVolatile();
        function.SetFallible();
        function.SetNullHandling(FunctionNullHandling::SPECIAL_HANDLING);
        function.SetExtraFunctionInfo(make_shared_ptr<AiInfo>(statements, task));
        loader.RegisterFunction(function);
    }
}

}  // namespace tarn::engine
