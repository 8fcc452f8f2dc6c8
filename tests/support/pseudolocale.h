// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QTranslator>

#include <algorithm>

namespace treewarden::test {

// A language in which everything that went through tr() stands in brackets; what stands outside of them and is not data
// was missed.
class PseudoLocale : public QTranslator
{
public:
    // Whether what is put into a sentence, in the place of %1, is taken for translated with it, or looked at by itself.
    enum class Arguments { AreTranslated, StandOutside };
    explicit PseudoLocale(Arguments arguments)
        : m_arguments(arguments)
    {
    }

    static constexpr QChar Open{0x27e6};
    static constexpr QChar Close{0x27e7};

    QString translate(const char *, const char *source, const char *, int) const override
    {
        QString text = QString::fromUtf8(source);
        for (int place = 1; m_arguments == Arguments::StandOutside && place <= 9; ++place) {
            const QString argument = QChar(u'%') + QString::number(place);
            text.replace(argument, Close + argument + Open);
        }
        return Open + text + Close;
    }
    bool isEmpty() const override { return false; }

private:
    Arguments m_arguments;
};

// What is left of a plain text without its translated parts and without the data, of which longer ones come first.
inline QString untranslated(const QString &text, const QStringList &data)
{
    QString outside;
    int depth = 0;
    for (const QChar c : text) {
        depth += c == PseudoLocale::Open;
        if (depth == 0)
            outside += c;
        depth -= c == PseudoLocale::Close;
    }
    outside.remove(QChar(0x200b)).remove(QChar(0x2060)); // where a path may be broken, and where not
    for (const QString &value : data)
        outside.replace(value, QStringLiteral(" "));
    return outside;
}

inline bool hasWords(const QString &text)
{
    return std::any_of(text.begin(), text.end(), [](QChar c) { return c.isLetter(); });
}

} // namespace treewarden::test
