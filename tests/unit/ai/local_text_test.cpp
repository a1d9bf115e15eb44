// The offline models, one question after another, in the order of local_models.h.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "ai/local/local_models.h"

namespace tarn::ai::local {
namespace {

using Labels = std::vector<std::string>;

std::string MaskOrError(std::string_view text, const Labels &labels) {
    auto masked = Mask(text, labels);
    return masked ? *masked : masked.error().ToString();
}

TEST(Language, OfASentence) {
    const std::vector<std::pair<std::string, std::string>> texts = {
        {"en", "The new chapter was worth the wait, I love where the story is going."},
        {"de", "Das neue Kapitel war das Warten wert, ich freue mich schon auf das nächste."},
        {"fr", "Le nouveau chapitre valait vraiment la peine d'attendre, merci beaucoup."},
        {"es", "El nuevo capítulo ha merecido la espera, me encanta cómo sigue la historia."},
        {"it", "Il nuovo capitolo valeva l'attesa, mi piace molto come continua la storia."},
        {"pt", "O novo capítulo valeu a espera, gosto muito de como a história continua."},
        {"nl", "Het nieuwe hoofdstuk was het wachten waard, ik vind het verhaal geweldig."},
        {"pl", "Nowy rozdział był wart czekania, bardzo podoba mi się ta historia."},
        {"ru", "Новая глава стоила ожидания, мне очень нравится эта история."},
        {"uk", "Новий розділ був вартий очікування, мені дуже подобається ця історія."},
        {"ja", "新しい章は待った甲斐がありました。物語の続きが楽しみです。"},
        {"ko", "새 장은 기다린 보람이 있었어요. 이야기가 정말 좋아요."},
        {"zh", "新的一章值得等待，我非常喜欢这个故事。"},
        {"el", "Το νέο κεφάλαιο άξιζε την αναμονή."},
        {"ar", "الفصل الجديد يستحق الانتظار، أحب هذه القصة كثيرا."},
    };
    for (const auto &[code, text] : texts) EXPECT_EQ(DetectLanguage(text).code, code) << text;
}

TEST(Language, OfNothing) {
    EXPECT_EQ(DetectLanguage("").code, "und");
    EXPECT_EQ(DetectLanguage("12345 !!! 😀").code, "und");
    EXPECT_EQ(DetectLanguage("\xff\xfe\x80").code, "und");
    EXPECT_EQ(DetectLanguage("https://example.org/the/of/and").code, "und") << "a link is of no language";
}

constexpr std::string_view kReview =
    "The new update brings a rebuilt combat system and a second island. "
    "The combat system now rewards timing, and the island has its own quests. "
    "My cat likes to sit on the keyboard. "
    "Players on the forum praise the combat system, while some miss the old island map. "
    "I had pasta for lunch. "
    "The developers say that the next update improves the island map and the combat tutorial.";

TEST(Summary, TakesWhatTheRestTalksAbout) {
    std::string summary = Summarize(kReview, 30);
    EXPECT_TRUE(summary.contains("combat system")) << summary;
    EXPECT_FALSE(summary.contains("pasta")) << summary;
    EXPECT_FALSE(summary.contains("cat")) << summary;
}

TEST(Summary, KeepsTheBoundAndTheOrder) {
    std::string summary = Summarize(kReview, 45);
    EXPECT_LE(std::ranges::count(summary, ' ') + 1, 45) << summary;
    size_t at = 0;
    for (std::string_view opening : {"The new update", "The combat system", "Players on", "The developers"}) {
        size_t found = summary.find(opening);
        if (found == std::string::npos) continue;
        EXPECT_GE(found, at) << summary;
        at = found;
    }
}

TEST(Summary, OfAShortTextIsTheText) {
    EXPECT_EQ(Summarize("Great chapter!\n  Thanks."), "Great chapter! Thanks.");
    EXPECT_EQ(Summarize("<p>Great <b>chapter</b>!</p><script>alert(1)</script>"), "Great chapter !");
    EXPECT_EQ(Summarize(""), "");
    EXPECT_EQ(Summarize("  \n "), "");
}

TEST(Summary, OfOneLongSentenceIsItsBeginning) {
    EXPECT_EQ(Summarize("one two three four five six seven eight nine ten", 4), "one two three four…");
}

TEST(Summary, KnowsWhatEndsNoSentence) {
    EXPECT_EQ(Summarize("Dr. Smith paid 3.50 dollars, e.g. for tea. He left. He came back at noon with his whole family and stayed.", 9),
              "Dr. Smith paid 3.50 dollars, e.g. for tea.");
    EXPECT_EQ(Summarize("今日は天気がいいです。散歩に行きました。散歩はとても楽しかったです。", 12), "散歩に行きました。");
}

TEST(Keywords, ArePhrases) {
    std::vector<Keyword> keywords = Keywords(kReview, 3);
    ASSERT_EQ(keywords.size(), 3);
    EXPECT_EQ(keywords[0].phrase, "combat system");
    EXPECT_EQ(keywords[0].score, 1);
    EXPECT_GE(keywords[1].score, keywords[2].score);
}

TEST(Keywords, LeaveOutStopWordsOfTheTextsLanguage) {
    for (const Keyword &keyword : Keywords("Die neue Insel ist sehr schön, aber die Steuerung der Boote ist schwierig und die Boote sind langsam.", 10)) {
        EXPECT_NE(keyword.phrase, "die");
        EXPECT_NE(keyword.phrase, "sehr");
    }
    EXPECT_TRUE(Keywords("", 5).empty());
    EXPECT_TRUE(Keywords("the of and", 5).empty());
}

Mood MoodOf(std::string_view text) { return Sentiment(text).mood; }

TEST(Sentiment, FollowsTheWords) {
    EXPECT_EQ(MoodOf("I love this game, it is wonderful."), Mood::kPositive);
    EXPECT_EQ(MoodOf("This is the worst update, I hate it."), Mood::kNegative);
    EXPECT_EQ(MoodOf("The update is 3 GB large."), Mood::kNeutral);
    EXPECT_EQ(MoodOf("The graphics are gorgeous and I love the music, the controls are terrible and the crashes make me angry."), Mood::kMixed);
    EXPECT_EQ(MoodOf(""), Mood::kNeutral);
}

TEST(Sentiment, FollowsTheRules) {
    auto score = [](std::string_view text) { return Sentiment(text).score; };
    EXPECT_LT(score("The story is not good."), 0) << "negation";
    EXPECT_LT(score("The story isn't good."), 0) << "negation";
    EXPECT_GT(score("The story is very good."), score("The story is good.")) << "degree";
    EXPECT_LT(score("The story is slightly good."), score("The story is good.")) << "degree";
    EXPECT_GT(score("The story is GOOD."), score("The story is good.")) << "capitals";
    EXPECT_GT(score("The story is good!!!"), score("The story is good.")) << "exclamation";
    EXPECT_LT(score("The start was good, but the end was horrible."), score("The end was horrible, but the start was good.")) << "but";
    EXPECT_GT(score("❤️❤️"), 0) << "emoji";
    EXPECT_LT(score("👎"), 0) << "emoji";
    EXPECT_GT(score("see you :)"), 0) << "emoticon";
}

TEST(Sentiment, SpeaksOtherLanguages) {
    const std::vector<std::pair<std::string, std::string>> good = {
        {"de", "Ich liebe dieses Spiel, die Geschichte ist wunderbar und spannend."},
        {"fr", "J'adore ce jeu, l'histoire est magnifique et passionnante."},
        {"es", "Me encanta este juego, la historia es maravillosa y muy buena."},
        {"it", "Adoro questo gioco, la storia è meravigliosa e molto bella."},
        {"pt", "Adoro este jogo, a história é maravilhosa e muito boa."},
        {"ru", "Я люблю эту игру, история прекрасная и очень хорошая."},
    };
    const std::vector<std::pair<std::string, std::string>> bad = {
        {"de", "Das Spiel ist schrecklich langweilig und die Steuerung ist furchtbar."},
        {"fr", "Ce jeu est terrible et ennuyeux, je suis très déçu."},
        {"es", "Este juego es terrible y aburrido, estoy muy decepcionado."},
        {"it", "Questo gioco è terribile e noioso, sono molto deluso."},
        {"pt", "Este jogo é terrível e chato, estou muito decepcionado."},
        {"ru", "Эта игра ужасная и скучная, я очень разочарован."},
    };
    for (const auto &[language, text] : good) {
        EXPECT_EQ(MoodOf(text), Mood::kPositive) << text << Sentiment(text).score;
        EXPECT_EQ(Sentiment(text).language, language);
    }
    for (const auto &[language, text] : bad) EXPECT_EQ(MoodOf(text), Mood::kNegative) << text << Sentiment(text).score;
    EXPECT_EQ(MoodOf("Die Geschichte ist nicht gut."), Mood::kNegative);
}

TEST(Sentiment, SharesAddUp) {
    SentimentResult result = Sentiment("good bad table");
    EXPECT_NEAR(result.positive + result.negative + result.neutral, 1, 1e-9);
}

std::string LabelOf(std::string_view text, const Labels &labels) {
    auto result = Classify(text, labels);
    return result ? result->label : result.error().ToString();
}

TEST(Classify, ByMeaning) {
    const Labels labels = {"bug report", "feature request", "praise", "billing"};
    EXPECT_EQ(LabelOf("The game crashes whenever I open the map.", labels), "bug report");
    EXPECT_EQ(LabelOf("It would be great if you could add a dark mode option.", labels), "feature request");
    EXPECT_EQ(LabelOf("Amazing work, I love every chapter. Thank you!", labels), "praise");
    EXPECT_EQ(LabelOf("My card was charged twice this month.", labels), "billing");
    const Labels news = {"sports", "politics", "technology"};
    EXPECT_EQ(LabelOf("The striker scored twice in the final and the fans celebrated.", news), "sports");
    EXPECT_EQ(LabelOf("The senator lost the vote on the new tax law.", news), "politics");
    EXPECT_EQ(LabelOf("The new laptop has a faster processor and more memory.", news), "technology");
}

TEST(Classify, LabelsBringTheirOwnHints) {
    const Labels labels = {"Versand: Paket, Lieferung, Zustellung", "Rechnung: Betrag, bezahlt, Konto"};
    EXPECT_EQ(LabelOf("Mein Paket ist noch nicht da.", labels), "Versand");
    EXPECT_EQ(LabelOf("Der Betrag wurde doppelt vom Konto abgebucht.", labels), "Rechnung");
}

TEST(Classify, MoodsAreJudgedByTheirLexicon) { EXPECT_EQ(LabelOf("I hate it", {"positive", "negative"}), "negative"); }

TEST(Classify, NeedsDifferentLabels) {
    EXPECT_TRUE(LabelOf("x", {}).contains("INVALID_PARAMETER_VALUE"));
    EXPECT_TRUE(LabelOf("x", {"a", ""}).contains("empty"));
    EXPECT_TRUE(LabelOf("x", {"a", "a"}).contains("twice"));
}

TEST(Similarity, IsSymmetricAndBounded) {
    std::string_view cat = "The cat sleeps on the sofa.", kitten = "A kitten is sleeping on the couch.", tax = "Parliament passed the new tax law.";
    EXPECT_EQ(Similarity(cat, cat), 1);
    EXPECT_EQ(Similarity("Hello, World", "hello world!"), Similarity("hello world!", "Hello, World"));
    EXPECT_EQ(Similarity(cat, kitten), Similarity(kitten, cat));
    EXPECT_GT(Similarity(cat, kitten), Similarity(cat, tax) + 0.2);
    EXPECT_EQ(Similarity("", ""), 1);
    EXPECT_EQ(Similarity("", cat), 0);
    EXPECT_GT(Similarity("Die Steuerung ist schwierig", "Schwierige Steuerung"), Similarity("Die Steuerung ist schwierig", "Das Essen war gut"));
}

TEST(Mask, HidesWhatTheLabelsName) {
    EXPECT_EQ(MaskOrError("Mail me at jane.doe+x@example.co.uk, thanks.", {"email"}), "Mail me at [MASKED], thanks.");
    EXPECT_EQ(MaskOrError("Call +49 (0)30 1234-567 or (555) 123-4567.", {"phone"}), "Call [MASKED] or [MASKED].");
    EXPECT_EQ(MaskOrError("See https://example.org/a?b=c(d). Or www.example.org!", {"url"}), "See [MASKED]. Or [MASKED]!");
    EXPECT_EQ(MaskOrError("From 192.168.0.1 and 2001:db8::1, version 1.2.3", {"ip_address"}), "From [MASKED] and [MASKED], version 1.2.3");
    EXPECT_EQ(MaskOrError("IBAN DE89 3704 0044 0532 0130 00, not DE00 3704 0044 0532 0130 00", {"IBAN"}),
              "IBAN [MASKED], not DE00 3704 0044 0532 0130 00");
    EXPECT_EQ(MaskOrError("Card 4111 1111 1111 1111, order 1234 5678 9012 3456", {"credit card"}), "Card [MASKED], order 1234 5678 9012 3456");
    EXPECT_EQ(MaskOrError("On 2024-03-01, 1.3.2024, March 3rd, 2024 and 3. März 2024 at 10:30", {"date"}),
              "On [MASKED], [MASKED], [MASKED] and [MASKED] at 10:30");
    EXPECT_EQ(MaskOrError("It costs $1,299.99 or 20 € or 15 million dollars, 30 apples", {"money"}),
              "It costs [MASKED] or [MASKED] or [MASKED], 30 apples");
    EXPECT_EQ(MaskOrError("Dr. Maria Keller met Tom at noon in Paris.", {"person"}), "Dr. [MASKED] met [MASKED] at noon in Paris.");
    EXPECT_EQ(MaskOrError("#fun with @anna_k", {"hashtag", "mention"}), "[MASKED] with [MASKED]");
}

TEST(Mask, CoversOverlapsOnce) { EXPECT_EQ(MaskOrError("https://a.example/?m=x@b.example", {"email", "url"}), "[MASKED]"); }

TEST(Mask, SaysWhatItCannotFind) {
    std::string error = MaskOrError("x", {"email", "address"});
    EXPECT_TRUE(error.contains("FEATURE_NOT_SUPPORTED")) << error;
    EXPECT_TRUE(error.contains("'address'")) << error;
    EXPECT_TRUE(MaskOrError("x", {}).contains("INVALID_PARAMETER_VALUE"));
}

TEST(Extract, GivesTheFirstAndAll) {
    auto result = Extract("Ask anna@a.example or ben@b.example on 2024-05-06.", Labels{"Emails", "date", "phone"});
    ASSERT_TRUE(result);
    EXPECT_EQ((*result)[0].label, "Emails");
    EXPECT_EQ((*result)[0].value, "anna@a.example");
    EXPECT_EQ((*result)[0].all, (std::vector<std::string>{"anna@a.example", "ben@b.example"}));
    EXPECT_EQ((*result)[1].value, "2024-05-06");
    EXPECT_FALSE((*result)[2].found);
}

// 150 kB of what could make a rule look at everything again and again. Seconds where one does, milliseconds where none does.
TEST(AnyText, TakesTimeThatIsLinear) {
    for (std::string_view piece : {"\U0001F600", "<!--", "<script></a>", "<a ", "@", "a@a.", "1.1", "+1 ", "(1", "\n ", "Mr. ", "http://a", "A.", "中。", "\xff", "not ", "Hi Anna, "}) {
        std::string text;
        while (text.size() < 150000) text += piece;
        auto start = std::chrono::steady_clock::now();
        (void)Sentiment(text);
        (void)Summarize(text);
        (void)Keywords(text);
        (void)Mask(text, EntityLabels());
        double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        EXPECT_LT(seconds, 5) << piece;
    }
}

TEST(AnyText, CommentsOfMarkupAreNoText) {
    EXPECT_EQ(Summarize("Good <!-- hidden > text --> day"), "Good day");
    EXPECT_EQ(Summarize("Good <!-- never closed"), "Good <!-- never closed");
}

}  // namespace
}  // namespace tarn::ai::local
