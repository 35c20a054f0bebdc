"""Analyses of a campaign: statistics, sensitivity, linear covariance, reach, perfect knowledge."""
