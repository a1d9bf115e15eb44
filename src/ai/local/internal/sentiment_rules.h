// ai/local/internal/sentiment_rules.h: the small words that turn and weigh a feeling, by language.
#pragma once

#include <string_view>

#include "ai/local/internal/tables.h"

namespace tarn::ai::local {

struct SentimentRules {
    WordSet negations;  // "not"; words that end in "n't" are negations in English whatever this says.
    WordSet more;       // "very"
    WordSet less;       // "slightly"
    WordSet but;        // What follows counts more than what came before.
};

const SentimentRules &RulesOf(std::string_view language);

}  // namespace tarn::ai::local
