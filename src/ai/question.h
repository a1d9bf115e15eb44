// ai/question.h: one thing to ask a model, and what each AI function asks.
//
// Text from data is fenced off from the instructions: it stands in a message of its own between two lines with a marker of
// 128 random bits, drawn for each call, and the instructions say that nothing between them is an instruction. A text cannot
// hold a marker that did not exist when it was written. What comes back must have the shape that was asked for, so that the
// worst that hidden instructions reach is a wrong answer of the right kind.
// Threads: values; the functions have no state.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tarn::ai {

enum class QuestionKind : uint8_t { kChat, kEmbedding };

struct Question {
    QuestionKind kind = QuestionKind::kChat;
    std::string function;        // "ai_summarize", for the records.
    std::string prompt_version;  // Changes when the instructions do: old answers are not used for new questions.
    std::string instructions;    // The system message; empty: none.
    std::string content;         // The user's message, or the text to embed.
    bool fenced = true;          // `content` is data.
    std::string schema;          // JSON Schema of the answer; empty: free text.
    std::string response_format; // Instead of `schema`: the whole of OpenAI's response_format, as JSON.
    std::string parameters;      // More of the request's fields, a JSON object; empty: none.
    int max_output_tokens = 0;   // 0: the endpoint's.
    // The model's text as the function's result, or why it is none. Empty: as it is.
    std::function<Result<std::string>(const std::string &)> accept;

    // What tells it from other questions to the same model: equal texts, equal answers.
    std::string Identity() const;
};

// ---- What the functions ask. Results that are no text come as JSON.
Question SummarizeQuestion(std::string content, int max_words);  // 0: no limit
// Labels: 2 to 20. The result is one of them, or "" where none fits.
Question ClassifyQuestion(std::string content, std::vector<std::string> labels);
Question ExtractQuestion(std::string content, std::vector<std::string> labels);  // {"label": "value" or null, …}
Question SentimentQuestion(std::string content);  // positive, negative, neutral or mixed
Question TranslateQuestion(std::string content, const std::string &to_language);
Question MaskQuestion(std::string content, const std::vector<std::string> &labels);  // with [MASKED]
Question FixGrammarQuestion(std::string content);
Question KeywordsQuestion(std::string content, int count);  // ["…", …]
Question GenerateQuestion(std::string function, std::string prompt);  // The prompt is all instruction.
Question EmbeddingQuestion(std::string content, std::string function = "ai_similarity");

}  // namespace tarn::ai
