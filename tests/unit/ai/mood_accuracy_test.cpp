// How often Sentiment agrees with people: data/moods.tsv, one language after another. docs/ai-offline.md has the figures, also those
// of the four sets that VADER was judged by.
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "ai/local/local_models.h"

namespace tarn::ai::local {
namespace {

struct Score {
    int right = 0, neutral = 0, all = 0;
};

TEST(MoodAccuracy, ByLanguage) {
    std::ifstream file(TARN_SOURCE_DIR "/tests/unit/ai/data/moods.tsv");
    std::map<std::string, Score> scores;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with('#') || line.size() < 6) continue;
        std::string language = line.substr(0, 2), text = line.substr(5);
        SentimentResult result = Sentiment(text);
        Score &score = scores[language];
        score.all++;
        score.neutral += result.score == 0;
        bool right = line[3] == '+' ? result.score > 0 : result.score < 0;
        score.right += right;
        if (!right) std::printf("  %s as %s %+.2f: %s\n", line.substr(0, 4).c_str(), result.language.c_str(), result.score, text.c_str());
    }
    ASSERT_EQ(scores.size(), 6);
    for (const auto &[language, score] : scores) {
        std::printf("%s: %d of %d right, %d without an answer\n", language.c_str(), score.right, score.all, score.neutral);
        EXPECT_EQ(score.all, 20) << language;
        EXPECT_GE(score.right, 14) << language << ": the share of right answers fell below 70 %";
    }
}

}  // namespace
}  // namespace tarn::ai::local
