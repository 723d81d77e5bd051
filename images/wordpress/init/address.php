<?php

declare(strict_types=1);

namespace Varvol;

use mysqli;
use mysqli_sql_exception;

/**
 * The hosts that the site's own pages may name: those that it answers to, and while its address is replaced those of
 * before, too. It stands in the database, so that a snapshot of before a change says so itself.
 */
const HOSTS_OPTION = 'varvol_hosts';

/** @return non-empty-list<string> the hosts that the site answers to from now on, the canonical one first */
function hosts_now(): array
{
    return hosts_in(site_url() . ' ' . getenv('WORDPRESS_HOSTS'));
}

/**
 * The hosts of before: as the site noted them; else what its generations of before ran with, as the host says; else what
 * its own two options agree on. Where these differ, somebody else has set one, and nothing is known.
 *
 * @return list<string>
 */
function hosts_before(mysqli $database, string $prefix): array
{
    $own = array_map(static fn (string $name): string => (string) option($database, $prefix, $name), SITE_OPTIONS);
    $agreed = hosts_in(implode(' ', $own));
    return noted_hosts($database, $prefix)
        ?: hosts_in((string) getenv('WORDPRESS_BEFORE'))
        ?: (count($agreed) === 1 ? $agreed : []);
}

/** @return list<string> the hosts of before that the site does not answer to any more */
function hosts_gone(mysqli $database, string $prefix): array
{
    return array_values(array_diff(hosts_before($database, $prefix), hosts_now()));
}

/** @return list<string> */
function noted_hosts(mysqli $database, string $prefix): array
{
    return hosts_in((string) option($database, $prefix, HOSTS_OPTION));
}

/** @param list<string> $hosts */
function note_hosts(mysqli $database, string $prefix, array $hosts): void
{
    $text = implode(' ', array_unique($hosts));
    try {
        if (option($database, $prefix, HOSTS_OPTION) === null) {
            $database->execute_query(
                "INSERT INTO `{$prefix}options` (option_name, option_value) VALUES (?, ?)",
                [HOSTS_OPTION, $text],
            );
        } else {
            $database->execute_query(
                "UPDATE `{$prefix}options` SET option_value = ? WHERE option_name = ?",
                [$text, HOSTS_OPTION],
            );
        }
    } catch (mysqli_sql_exception $error) {
        note("the site's hosts could not be noted: {$error->getMessage()}");
    }
}

/**
 * Replaces the hosts of before everywhere. Until it is done both are noted: cut off, it is repeated, also the other way
 * round where the stack file has the old domain again by then.
 *
 * @param list<string> $others prefixes of other WordPresses beside this one
 */
function move_here(mysqli $database, string $prefix, array $others): void
{
    $gone = hosts_gone($database, $prefix);
    if (!$gone) {
        return;
    }
    $url = site_url();
    note_hosts($database, $prefix, [...hosts_before($database, $prefix), ...hosts_now()]);
    $replacement = new UrlReplacement(array_map(static fn (string $host): string => "https://$host", $gone), $url);
    $changed = replace_everywhere($database, $prefix, $others, $replacement);
    note('replaced ' . implode(' and ', $gone) . " by $url in $changed values");
    foreach (SITE_OPTIONS as $name) {
        $value = (string) option($database, $prefix, $name);
        if (array_intersect(hosts_in($replacement->apply($value)), hosts_now())) {
            set_option($database, $prefix, $name, $url);
        } else {
            note("left the option $name, $value, as it was: somebody else has set it, and the host's own address goes before it");
        }
    }
    note_hosts($database, $prefix, hosts_now());
}

/** @return list<string> the hosts in a text of URLs or of hosts, with their ports but for the usual ones */
function hosts_in(string $text): array
{
    $words = preg_split('~[\s,]+~', strtolower($text), -1, PREG_SPLIT_NO_EMPTY);
    $hosts = array_map(static fn (string $word): string
        => (string) preg_replace('~^(?:\w+:)?//|[/?#].*$|:(?:80|443)(?=$|/)~s', '', $word), $words);
    return array_values(array_unique(array_filter($hosts)));
}
