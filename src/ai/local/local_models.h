// ai/local/local_models.h: what Tarn can say about a text without any model server.
//
// Classical methods over small tables in the binary: TextRank, RAKE, rules with lexicons, word vectors. They are no large
// language model and do not pretend to be one: docs/ai-offline.md says how good each is. What they cannot do well
// (translation, grammar, free text) is not offered.
//
// Input is any bytes. What is not UTF-8 counts as a separator and is kept as it is where text is handed back. HTML tags in
// the text are read as white space.
// Threads: call any function from any thread. The tables are built on their first use, once, in a few milliseconds.
// Cost: linear in the text; tens of microseconds for a comment of a hundred words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tarn::ai::local {

// What results of these functions are labelled with where a model's name is asked for.
inline constexpr std::string_view kModelName = "tarn-local";

struct LanguageGuess {
    std::string code;       // ISO 639-1 in lower case ("de"), "zh-Hant" for traditional Chinese; "und" when nothing can be said.
    double confidence = 0;  // 0..1
};

// Of running text. A single word is a guess, so is a text of names.
LanguageGuess DetectLanguage(std::string_view text);

// The most telling sentences of `text`, in their own order and their own words (TextRank), joined by a space.
// At most `max_words` words (an ideograph is one); 0: kDefaultSummaryWords. A text that is short enough comes back whole, without
// tags and with its white space made one space. When even the best sentence is too long, it is cut and ends with "…".
inline constexpr size_t kDefaultSummaryWords = 50;
std::string Summarize(std::string_view text, size_t max_words = 0);

struct Keyword {
    std::string phrase;  // Lower case, as it stands in the text otherwise.
    double score = 0;    // 0..1, the best phrase has 1.
};

// The `n` best phrases of one to four words, best first (RAKE's candidates, scored by RAKE and TextRank together).
std::vector<Keyword> Keywords(std::string_view text, size_t n = 10);

enum class Mood : uint8_t { kPositive, kNegative, kNeutral, kMixed };
std::string_view MoodName(Mood mood);  // "positive", "negative", "neutral", "mixed"

struct SentimentResult {
    Mood mood = Mood::kNeutral;
    double score = 0;     // -1 (all bad) .. 1 (all good)
    double positive = 0;  // Shares of the words, together 1.
    double negative = 0;
    double neutral = 1;
    std::string language;  // Whose lexicon judged it.
};

// Rules over a lexicon: negation, degree words, capitals, '!', "but", emoji, idioms. Sixteen languages and more: SentimentLanguages().
// A text in another language is judged by its emoji and English words alone.
SentimentResult Sentiment(std::string_view text);
std::vector<std::string> SentimentLanguages();

struct Classification {
    std::string label;  // One of the caller's labels, in the caller's spelling.
    double score = 0;   // 0..1: how sure; shares of all labels add up to 1.
};

// Which of `labels` the text is about; ties go to the earlier one. A label may bring hints of its own after a colon:
// "billing: invoice, refund, payment" (the label is then "billing").
// Errors: INVALID_PARAMETER_VALUE  no label, an empty one, or the same one twice
Result<Classification> Classify(std::string_view text, std::span<const std::string> labels);

// How alike two texts are, 0..1; 1 for equal texts, symmetric. English words meet by meaning, others by their letters.
double Similarity(std::string_view a, std::string_view b);

// Labels of Mask and Extract, whatever their case, blanks or underscores: email, phone, url, ip (ip_address), iban, credit_card,
// date, time, money (amount, price), number, percent, hashtag, mention (username), person (name), and plurals. Person finds capitalised names after
// titles, greetings and known first names: it misses more than it finds in some texts (docs/ai-offline.md).
std::vector<std::string> EntityLabels();

struct Extraction {
    std::string label;  // As the caller wrote it.
    std::string value;  // As it stands in the text: the first one found. Empty with `found` false when there is none.
    bool found = false;
    std::vector<std::string> all;  // Every one, in the text's order, without repetition.
};

// `text` with each piece of information of the kinds `labels` replaced by [MASKED].
// Errors: INVALID_PARAMETER_VALUE  no label
//         FEATURE_NOT_SUPPORTED    a label that the rules do not know: it needs an endpoint; the message names it
Result<std::string> Mask(std::string_view text, std::span<const std::string> labels);

// One Extraction for each label, in the labels' order. Errors: as Mask.
Result<std::vector<Extraction>> Extract(std::string_view text, std::span<const std::string> labels);

}  // namespace tarn::ai::local
