"""What a campaign says: statistics, sensitivity, linear covariance, reach, perfect knowledge."""
