// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/item/measurements.h"
#include "model/item/verdicts.h"
#include "model/xml/definitiondiff.h"
#include "views/details.h"

#include <QScrollArea>
#include <QTimer>

class QLabel;
class QVBoxLayout;

namespace treewarden {

// The right of the window: what is known of the chosen row, or of the machine. Rebuilt only when what it says changes,
// so that a selection of text and the scroll position survive readings that found nothing new.
class DetailsPanel : public QScrollArea
{
    Q_OBJECT

public:
    explicit DetailsPanel(QWidget *parent = nullptr);

    void show(std::shared_ptr<const Inventory> inventory, std::shared_ptr<const Assessment> assessment,
        const DomainId &domain, const std::optional<SnapshotItem> &item);
    using QScrollArea::show;
    void setMeasured(const DomainId &domain, const QString &snapshot, const Fact<Bytes> &bytes);
    // Answer to differencesWanted(); an error says why they are unknown. What was said stays until the answer is here.
    void setDifferences(
        const DomainId &domain, const QString &snapshot, const Fact<std::vector<DefinitionDifference>> &differences);

    // What deleting the snapshot would do; nothing: not known yet. A card says so where it is refused or loses
    // something.
    void setDeletion(const DomainId &domain, const QString &snapshot, const std::optional<RowVerdict> &verdict);

    // Says the ages as they are then, in seconds since 1970; a timer does that each minute.
    void setNow(qint64 now);

    // Whether an answer to differencesWanted() is still to come.
    bool isReading() const;

    // All that it says, a line each, for tests and for "Copy all".
    QString plainText() const;

Q_SIGNALS:
    void measureRequested(const treewarden::DomainId &domain, const QString &snapshot);
    void differencesWanted(const treewarden::DomainId &domain, const QString &snapshot);

protected:
    bool event(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    using Key = std::pair<DomainId, QString>;

    void rebuild(bool sameSubject);
    bool say(const Details &details); // without building anything anew; false: it cannot
    QWidget *makeHeader();
    QWidget *makeBlock(const DetailsBlock &block);
    QWidget *makeFile(const DetailsBlock &block);
    QWidget *makeMeasure(const DetailsBlock &block);
    QWidget *makeDifferences();
    QWidget *makeDeletion();
    QWidget *makeLabel(const QString &text, QWidget *parent, bool muted = false);

    std::shared_ptr<const Inventory> m_inventory = std::make_shared<Inventory>();
    std::shared_ptr<const Assessment> m_assessment = std::make_shared<Assessment>();
    DomainId m_domain;
    std::optional<SnapshotItem> m_item;
    Measurements m_measured;
    Key m_measuring;
    Key m_differencesOf;
    std::shared_ptr<const Domain> m_differencesIn; // another one may have another definition
    Fact<std::vector<DefinitionDifference>> m_differences;
    Key m_deletionOf;
    std::optional<RowVerdict> m_deletion;
    std::optional<Details> m_details; // as built
    Fact<std::vector<DefinitionDifference>> m_builtDifferences;
    Key m_builtMeasuring;
    QWidget *m_content = nullptr;
    std::vector<std::pair<std::size_t, QLabel *>> m_texts; // of the blocks that are plain text, in the content
    QTimer m_ages;
};

} // namespace treewarden
