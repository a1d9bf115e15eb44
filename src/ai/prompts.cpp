// What each function asks, and what it takes for an answer.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "ai/question.h"

namespace tarn::ai {
namespace {

using nlohmann::json;

// Raised whenever a text below changes its meaning.
constexpr const char *kPromptVersion = "1";

std::string Dump(const json &value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

std::unexpected<Error> NotJson(const std::string &why) {
    return Fail(ErrorKind::kIo, "AI_FUNCTION_JSON_PARSE_ERROR", "The model's answer does not have the shape that was asked for: " + why + ".");
}

// Models without structured output like to wrap JSON: ```json … ```.
std::string_view Unwrapped(std::string_view text) {
    size_t open = text.find('{');
    size_t close = text.rfind('}');
    return open == std::string_view::npos || close == std::string_view::npos || close < open ? text : text.substr(open, close - open + 1);
}

json ObjectSchema(const json &properties) {
    json names = json::array();
    for (auto &[name, type] : properties.items()) names.push_back(name);
    return {{"type", "object"}, {"properties", properties}, {"required", names}, {"additionalProperties", false}};
}

// A question whose answer is an object of one schema.
Question Structured(const char *function, const std::string &task, std::string content, const json &properties,
                    std::function<Result<std::string>(const json &)> accept) {
    Question question;
    question.function = function;
    question.prompt_version = kPromptVersion;
    question.schema = Dump(ObjectSchema(properties));
    question.instructions = task + " Answer with one JSON object of this schema and nothing else: " + question.schema;
    question.content = std::move(content);
    question.accept = [accept = std::move(accept)](const std::string &text) -> Result<std::string> {
        json answer = json::parse(Unwrapped(text), nullptr, false);
        if (!answer.is_object()) return NotJson("it is no JSON object");
        return accept(answer);
    };
    return question;
}

// The member `name`, a text.
std::function<Result<std::string>(const json &)> TextMember(const char *name) {
    return [name](const json &answer) -> Result<std::string> {
        auto it = answer.find(name);
        if (it == answer.end() || !it->is_string()) return NotJson(std::string("`") + name + "` is no text");
        return it->get<std::string>();
    };
}

Question Rewritten(const char *function, const std::string &task, std::string content) {
    Question question = Structured(function, task, std::move(content), {{"text", {{"type", "string"}}}}, TextMember("text"));
    // About as long as what came in; a token has at least one byte.
    question.max_output_tokens = static_cast<int>(std::min<size_t>(question.content.size() + 256, 16384));
    return question;
}

}  // namespace

std::string Question::Identity() const {
    std::string identity;
    auto add = [&](std::string_view part) {
        identity += std::to_string(part.size());
        identity += ':';
        identity += part;
    };
    add(kind == QuestionKind::kChat ? "chat" : "embedding");
    add(prompt_version);
    add(instructions);
    add(fenced ? "data" : "instruction");
    add(schema);
    add(response_format);
    add(parameters);
    add(std::to_string(max_output_tokens));
    add(content);
    return identity;
}

Question SummarizeQuestion(std::string content, int max_words) {
    std::string task = "Summarise the text, in the text's own language, faithfully and without additions.";
    if (max_words > 0) task += " Use at most " + std::to_string(max_words) + " words.";
    Question question = Structured("ai_summarize", task, std::move(content), {{"summary", {{"type", "string"}}}}, TextMember("summary"));
    if (max_words > 0) question.max_output_tokens = std::min(max_words * 8 + 64, 16384);
    return question;
}

Question ClassifyQuestion(std::string content, std::vector<std::string> labels) {
    json allowed = labels;
    allowed.push_back(nullptr);
    std::string task = "Decide which one of these labels fits the text best: " + Dump(json(labels)) + ". Answer with null when none fits at all.";
    Question question = Structured("ai_classify", task, std::move(content), {{"label", {{"type", {"string", "null"}}, {"enum", allowed}}}},
                                   [labels = std::move(labels)](const json &answer) -> Result<std::string> {
                                       auto it = answer.find("label");
                                       if (it != answer.end() && it->is_null()) return std::string();
                                       if (it == answer.end() || !it->is_string()) return NotJson("`label` is no text");
                                       auto label = it->get<std::string>();
                                       if (std::ranges::find(labels, label) == labels.end()) return NotJson("`label` is none of the labels");
                                       return label;
                                   });
    question.max_output_tokens = 128;
    return question;
}

Question ExtractQuestion(std::string content, std::vector<std::string> labels) {
    json properties = json::object();
    for (const std::string &label : labels) properties[label] = {{"type", {"string", "null"}}};
    std::string task = "Extract from the text, for each of these labels, one piece of information exactly as it stands in the text, or null when there is none: " +
                       Dump(json(labels)) + ".";
    Question question = Structured("ai_extract", task, std::move(content), properties, [labels = std::move(labels)](const json &answer) -> Result<std::string> {
        json kept = json::object();
        for (const std::string &label : labels) {
            auto it = answer.find(label);
            if (it != answer.end() && !it->is_null() && !it->is_string()) return NotJson("`" + label + "` is neither text nor null");
            kept[label] = it == answer.end() ? json() : *it;
        }
        return Dump(kept);
    });
    question.max_output_tokens = 1024;
    return question;
}

Question SentimentQuestion(std::string content) {
    json moods = {"positive", "negative", "neutral", "mixed"};
    Question question = Structured("ai_analyze_sentiment", "Decide the sentiment of the text as a whole.", std::move(content),
                                   {{"sentiment", {{"type", "string"}, {"enum", moods}}}}, [moods](const json &answer) -> Result<std::string> {
                                       auto it = answer.find("sentiment");
                                       if (it == answer.end() || std::ranges::find(moods, *it) == moods.end()) return NotJson("`sentiment` is none of the four");
                                       return it->get<std::string>();
                                   });
    question.max_output_tokens = 64;
    return question;
}

Question TranslateQuestion(std::string content, const std::string &to_language) {
    return Rewritten("ai_translate", "Translate the text into the language that this JSON string names: " + Dump(json(to_language)) + ". Keep its meaning, tone and formatting.", std::move(content));
}

Question MaskQuestion(std::string content, const std::vector<std::string> &labels) {
    return Rewritten("ai_mask", "Repeat the text, with each piece of information of these kinds replaced by [MASKED]: " + Dump(json(labels)) + ". Change nothing else.", std::move(content));
}

Question FixGrammarQuestion(std::string content) {
    return Rewritten("ai_fix_grammar", "Correct the grammar and spelling of the text, in its own language. Change nothing else.", std::move(content));
}

Question KeywordsQuestion(std::string content, int count) {
    Question question = Structured("ai_keywords", "Find the at most " + std::to_string(count) + " most telling key phrases of the text, in its own words, the best first.", std::move(content),
                                   {{"keywords", {{"type", "array"}, {"items", {{"type", "string"}}}}}}, [count](const json &answer) -> Result<std::string> {
                                       auto it = answer.find("keywords");
                                       if (it == answer.end() || !it->is_array()) return NotJson("`keywords` is no list");
                                       json kept = json::array();
                                       for (const json &word : *it) {
                                           if (!word.is_string()) return NotJson("`keywords` holds something else than texts");
                                           if (kept.size() < static_cast<size_t>(count)) kept.push_back(word);
                                       }
                                       return Dump(kept);
                                   });
    question.max_output_tokens = std::min(count * 32 + 64, 4096);
    return question;
}

Question GenerateQuestion(std::string function, std::string prompt) {
    Question question;
    question.function = std::move(function);
    question.prompt_version = kPromptVersion;
    question.content = std::move(prompt);
    question.fenced = false;
    return question;
}

Question EmbeddingQuestion(std::string content, std::string function) {
    Question question;
    question.kind = QuestionKind::kEmbedding;
    question.function = std::move(function);
    question.prompt_version = kPromptVersion;
    question.content = std::move(content);
    question.fenced = false;
    return question;
}

}  // namespace tarn::ai
