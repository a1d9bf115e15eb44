// The assembler copies the files: a C array of 1.6 MB would take the compiler longer than the rest of the room.
#include "ai/local/internal/embedded.h"

#define TARN_EMBED(name, file)                             \
    asm(".pushsection .rodata\n"                           \
        ".global tarn_embedded_" #name "\n"                \
        ".global tarn_embedded_" #name "_end\n"            \
        ".balign 16\n"                                     \
        "tarn_embedded_" #name ":\n"                       \
        ".incbin \"" TARN_AI_DATA "/" file "\"\n"          \
        "tarn_embedded_" #name "_end:\n"                   \
        ".byte 0\n"                                        \
        ".popsection\n");                                  \
    extern "C" const char tarn_embedded_##name[];          \
    extern "C" const char tarn_embedded_##name##_end[]

TARN_EMBED(stopwords, "stopwords.txt");
TARN_EMBED(vader, "sentiment-vader.txt");
TARN_EMBED(afinn, "sentiment-afinn.txt");
TARN_EMBED(emoji, "emoji.txt");
TARN_EMBED(vectors, "vectors.bin");

namespace tarn::ai::local {

std::string_view EmbeddedStopWords() { return {tarn_embedded_stopwords, tarn_embedded_stopwords_end}; }
std::string_view EmbeddedVader() { return {tarn_embedded_vader, tarn_embedded_vader_end}; }
std::string_view EmbeddedAfinn() { return {tarn_embedded_afinn, tarn_embedded_afinn_end}; }
std::string_view EmbeddedEmoji() { return {tarn_embedded_emoji, tarn_embedded_emoji_end}; }
std::string_view EmbeddedVectors() { return {tarn_embedded_vectors, tarn_embedded_vectors_end}; }

}  // namespace tarn::ai::local
